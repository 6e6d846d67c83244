// The slow inventory: what it finds here, and that one which hangs or fails holds up nobody.
import test from 'ava';
import { takeInventory, watchInventory } from '../../src/companion/inventory.ts';

test('this machine says what it is made of, in bounded printable text', async (t) => {
  const inventory = await takeInventory();
  const { manufacturer, model, serial, system, kernel, processor, disks } = inventory;
  for (const text of [manufacturer, model, serial, system, kernel, processor, ...disks])
    t.regex(text, /^[ -~]{1,80}$/);
  t.true(inventory.cores > 0);
});

test('nothing is known before the first one, and an end cancels it', (t) => {
  let looks = 0;
  const watch = watchInventory(
    () => t.fail('nothing was asked'),
    () => {
      looks += 1;
      return Promise.reject(new Error('it must not be asked'));
    },
  );
  t.is(watch.last(), null);
  watch.close();
  t.is(looks, 0);
});
