// The ways to a panel: a serial port, or a TCP connection to LCDd. Both give bytes as they come and say when they are gone.
import { connect } from 'node:net';
import { codeOf, openSerialDevice } from '../../kernel/serialDevice.ts';

export type PanelLine = {
  /** Never blocks. False: not all of it was taken, and the rest is lost. Throws where the line is gone. */
  write(bytes: Buffer): boolean;
  close(): Promise<void>;
};

export type LineEvents = {
  /** They are the receiver's only during the call. */
  readonly bytes: (bytes: Buffer) => void;
  /** Once; the reason is a sentence without its end. */
  readonly gone: (reason: string) => void;
};

/** Rejects with why the line cannot be used. */
export type OpenLine = (events: LineEvents) => Promise<PanelLine>;

const connectMs = 3000;
/** Unsent: LCDd has not read for a long time. */
const mostUnsentBytes = 65_536;

export function serialLine(path: string, baudRate: number): OpenLine {
  return async ({ bytes, gone }) => {
    const device = await openSerialDevice({
      path,
      baudRate,
      onBytes: bytes,
      onGone: (code) => gone(`its port is gone (${code})`),
    });
    return {
      write: (data) => device.write(data) === data.length,
      close: async () => device.close(),
    };
  };
}

export function socketLine(host: string, port: number): OpenLine {
  return async ({ bytes, gone }) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      let isOpen = false;
      const end = (reason: string): void => {
        clearTimeout(deadline);
        socket.destroy();
        if (isOpen) gone(reason);
        else reject(new Error(reason));
      };
      const deadline = setTimeout(() => end(`no connection in ${connectMs} ms`), connectMs);
      // The listeners stay: an error after the end must not end the process.
      socket.on('error', (error) => end(codeOf(error)));
      socket.on('close', () => end('the connection was ended'));
      socket.on('data', bytes);
      socket.on('connect', () => {
        clearTimeout(deadline);
        isOpen = true;
        resolve({
          write(data) {
            if (socket.writableLength > mostUnsentBytes) return false;
            socket.write(data);
            return true;
          },
          close: async () => {
            isOpen = false;
            socket.destroy();
          },
        });
      });
    });
}
