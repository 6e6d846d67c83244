// The packets of Crystalfontz panels (CFA-533, 631, 633, 635): type, length, data and a CRC-16/X-25 with its low byte first. After
// noise the reader drops one byte and looks again, so that a packet is lost only where its own bytes were damaged.
// Source: data sheet CFA533-TMI-KU, sections 9.1 to 9.4.

/** The longest data that any of these panels sends or takes (CFA-635); a length above it is noise. */
export const longestPanelData = 22;

const headerLength = 2;
const crcLength = 2;
const longestPacket = headerLength + longestPanelData + crcLength;

/** The two high bits of the type. */
const kinds = ['command', 'response', 'report', 'error'] as const;
export type PanelPacketKind = (typeof kinds)[number];
const codeMask = 0x3f;

export type PanelPacket = {
  readonly kind: PanelPacketKind;
  /** The command (of which an error or a response speaks), or which report it is. */
  readonly code: number;
  readonly data: Buffer;
};

/** @throws RangeError for a code of more than six bits or data longer than longestPanelData */
export function encodePanelPacket({ kind, code, data }: PanelPacket): Buffer {
  if (code < 0 || code > codeMask) throw new RangeError(`no code of a panel: ${code}`);
  if (data.length > longestPanelData) throw new RangeError(`too long for a panel: ${data.length}`);
  const packet = Buffer.alloc(headerLength + data.length + crcLength);
  packet[0] = (kinds.indexOf(kind) << 6) | code;
  packet[1] = data.length;
  data.copy(packet, headerLength);
  const checked = headerLength + data.length;
  packet.writeUInt16LE(panelCrc(packet.subarray(0, checked)), checked);
  return packet;
}

/** CRC-16/X-25: reflected polynomial 0x8408, begins with ones, inverted at the end. */
export function panelCrc(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  }
  return crc ^ 0xffff;
}

/** Finds packets in what a line brings, in pieces of any length; never holds more than one packet. */
export class PanelPacketReader {
  readonly #onPacket: (packet: PanelPacket) => void;
  readonly #held = Buffer.alloc(longestPacket);
  #length = 0;
  #dropped = 0;

  constructor(onPacket: (packet: PanelPacket) => void) {
    this.#onPacket = onPacket;
  }

  /** Bytes that belonged to no packet. */
  get dropped(): number {
    return this.#dropped;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#held[this.#length] = byte;
      this.#length += 1;
      this.#look();
    }
  }

  /**
   * The line has been silent for longer than a pause within a packet: what looks like the beginning of one is noise, and a
   * whole packet may stand behind it.
   */
  settle(): void {
    while (this.#length > 0) {
      this.#drop(1);
      this.#dropped += 1;
      this.#look();
    }
  }

  /** Forgets what was begun: the line was opened anew. */
  reset(): void {
    this.#length = 0;
  }

  #look(): void {
    while (this.#length >= headerLength) {
      const dataLength = this.#held[1] ?? 0;
      const checked = headerLength + dataLength;
      if (dataLength <= longestPanelData && this.#length < checked + crcLength) return;
      const isPacket =
        dataLength <= longestPanelData &&
        this.#held.readUInt16LE(checked) === panelCrc(this.#held.subarray(0, checked));
      if (isPacket) {
        const packet = this.#packet(dataLength);
        this.#drop(checked + crcLength);
        this.#onPacket(packet);
      } else {
        this.#drop(1);
        this.#dropped += 1;
      }
    }
  }

  #packet(dataLength: number): PanelPacket {
    const type = this.#held[0] ?? 0;
    return {
      kind: kinds[(type >>> 6) & 3] ?? 'error',
      code: type & codeMask,
      data: Buffer.from(this.#held.subarray(headerLength, headerLength + dataLength)),
    };
  }

  #drop(count: number): void {
    this.#held.copyWithin(0, count, this.#length);
    this.#length -= count;
  }
}
