// Progress of long work: one line drawn again and again on a terminal, a line now and then elsewhere.
import type { DatabaseProgress } from '../io/database/databaseOptions.ts';

const pauseMs = 5_000;

export type ProgressText = {
  readonly show: (progress: DatabaseProgress) => void;
  readonly end: () => void;
};

export function openProgressText(output: NodeJS.WriteStream): ProgressText {
  let lastText = '';
  let lastAt = -Infinity;
  let isOpen = false;
  return {
    show({ text, fraction }) {
      const now = performance.now();
      const percent = fraction === null ? '' : ` ${Math.floor(fraction * 100)} %`;
      if (output.isTTY) {
        output.write(`\r\u001b[K${text}${percent}`);
        isOpen = true;
        return;
      }
      if (text === lastText && now - lastAt < pauseMs && fraction !== 1) return;
      lastText = text;
      lastAt = now;
      output.write(`${text}${percent}\n`);
    },
    end() {
      if (isOpen) output.write('\n');
      isOpen = false;
    },
  };
}
