// Limits of processes, prlimit(2).
import { kernelError, lastErrno, libc } from './libc.ts';

/** Numbers of asm-generic/resource.h. `data`: private memory that can be written, of each process, stacks of threads too. */
export const RESOURCE = { data: 2, openFiles: 7 } as const;

export type Resource = keyof typeof RESOURCE;
export type ResourceLimit = { readonly soft: bigint; readonly hard: bigint };

const thisProcess = 0;

/** The limit of this process. */
export function ownLimit(resource: Resource): ResourceLimit {
  const bytes = Buffer.allocUnsafeSlow(16);
  if (libc.prlimit(thisProcess, RESOURCE[resource], null, bytes) !== 0) {
    throw kernelError(`to tell the limit of ${resource}`, lastErrno());
  }
  return { soft: bytes.readBigUInt64LE(0), hard: bytes.readBigUInt64LE(8) };
}

/** Throws KERNEL_EPERM where the hard limit may not be raised, KERNEL_ESRCH where the process has gone. */
export function limitProcess(pid: number, resource: Resource, limit: ResourceLimit): void {
  const bytes = Buffer.allocUnsafeSlow(16);
  bytes.writeBigUInt64LE(limit.soft, 0);
  bytes.writeBigUInt64LE(limit.hard, 8);
  if (libc.prlimit(pid, RESOURCE[resource], bytes, null) !== 0) {
    throw kernelError(`a limit of ${limit.soft} for ${resource}`, lastErrno());
  }
}

export function limitSelf(resource: Resource, limit: ResourceLimit): void {
  limitProcess(thisProcess, resource, limit);
}
