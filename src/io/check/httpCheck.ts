// Does a service answer a GET with the expected status. Only the head of the answer is read, and redirects are not followed.
import { get } from 'node:http';
import type { CheckOutcome } from './check.ts';
import { sentenceOf, timedLook } from './timed.ts';

type Target = { readonly url: string; readonly status: number };

const longestHead = 16 * 1024;

export async function checkHttp(
  { url, status }: Target,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  return timedLook(timeoutMs, signal, (say) => {
    const request = get(url, {
      agent: false,
      maxHeaderSize: longestHead,
      headers: { 'user-agent': 'hotpair', connection: 'close' },
    });
    request.on('response', (response) => {
      const seen = response.statusCode ?? 0;
      response.on('error', () => {});
      say(seen === status, seen === status ? `status ${seen}` : `status ${seen}, not ${status}`);
    });
    request.on('error', (error) => say(false, sentenceOf(error)));
    return () => request.destroy();
  });
}
