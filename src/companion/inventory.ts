// The slow inventory of this box by systeminformation: some of its calls start dozens of programs, and one that asks a disk may
// hang. So it is asked once and every hour, one call after another, never while an earlier one is under way, and nobody waits.

export type Inventory = {
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly system: string;
  readonly kernel: string;
  readonly processor: string;
  readonly cores: number;
  readonly disks: readonly string[];
};

export type InventoryWatch = {
  /** The last whole one; null: none yet. */
  last(): Inventory | null;
  close(): void;
};

const hourMs = 3_600_000;
/** Pages and lights come first. */
const firstMs = 5_000;

/** `look` is asked after a moment and every hour; `failed` is told why an inventory came to nothing. */
export function watchInventory(
  failed: (reason: string) => void,
  look: () => Promise<Inventory> = takeInventory,
): InventoryWatch {
  let last: Inventory | null = null;
  let isUnderWay = false;
  const begin = (): void => {
    if (isUnderWay) return;
    isUnderWay = true;
    look()
      .then((found) => {
        last = found;
      })
      .catch((error: unknown) => failed(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        isUnderWay = false;
      });
  };
  const first = setTimeout(begin, firstMs);
  const hourly = setInterval(begin, hourMs);
  first.unref();
  hourly.unref();
  return {
    last: () => last,
    close() {
      clearTimeout(first);
      clearInterval(hourly);
    },
  };
}

/** Loaded here only: it is large, and most of a companion's life needs none of it. */
export async function takeInventory(): Promise<Inventory> {
  const ask = await import('systeminformation');
  // One after another: each of them starts programs of its own.
  const machine = await ask.system();
  const system = await ask.osInfo();
  const processor = await ask.cpu();
  const disks = await ask.diskLayout();
  return {
    manufacturer: bounded(machine.manufacturer),
    model: bounded(machine.model),
    serial: bounded(machine.serial),
    system: bounded(`${system.distro} ${system.release}`),
    kernel: bounded(system.kernel),
    processor: bounded(`${processor.manufacturer} ${processor.brand}`),
    cores: processor.cores,
    disks: disks.slice(0, mostDisks).map(({ name, size }) => bounded(`${name} ${gigabytes(size)}`)),
  };
}

const mostDisks = 8;
const longestText = 80;

/** What firmware says of itself is text of strangers: `-` where it says nothing. */
function bounded(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?').trim();
  return printable === '' ? '-' : printable.slice(0, longestText);
}

function gigabytes(bytes: number): string {
  return `${Math.round(bytes / 1e9)} GB`;
}
