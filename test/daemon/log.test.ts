// Log and history: what is shown by which level, what is kept, and that lost lines are told of.
import test from 'ava';
import { openLog } from '../../src/daemon/log.ts';
import { aLog } from './aLog.ts';

test('a line names its time in UTC, its level and its event', (t) => {
  const { log, shown } = aLog();
  log.line('info', 'agentStarting', { node: 'box-a', lsn: 12n });
  const [line] = shown;
  t.regex(String(line?.['time']), /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
  t.like(line, { level: 'info', event: 'agentStarting', node: 'box-a', lsn: '12' });
});

test('a less important line is not shown, and the history keeps it all the same', (t) => {
  const { log, shown, kept } = aLog();
  log.line('debug', 'detail');
  log.history('debug', 'decision');
  t.deepEqual(shown, []);
  t.is(kept[0]?.['event'], 'decision');
  log.setLevel('debug');
  log.line('debug', 'detail');
  t.is(shown.length, 1);
});

test('a follower hears the history until it stops following', (t) => {
  const { log } = aLog();
  const heard: string[] = [];
  const stop = log.follow((line) => heard.push(line));
  log.history('info', 'one');
  stop();
  log.history('info', 'two');
  t.is(heard.length, 1);
});

test('lines that were lost are told of with the next line, once', (t) => {
  const lines: string[] = [];
  let lost = 0;
  const stream = {
    write: (line: string) => lines.push(line),
    lost: () => lost,
    flush: () => Promise.resolve(),
  };
  const log = openLog(stream, { ...stream, write: () => undefined, lost: () => 0 }, 'info');
  log.line('info', 'one');
  lost = 3;
  log.line('info', 'two');
  log.line('info', 'three');
  t.deepEqual(
    lines.map((line) => (JSON.parse(line) as { readonly event: string }).event),
    ['one', 'two', 'logLinesLost', 'three'],
  );
});
