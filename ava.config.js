// How ava runs the tests: TypeScript directly, one process per file, two files at a time, because
// the tests that meet PostgreSQL and network namespaces have to fit on a machine with two cores.

export default {
  files: ['test/**/*.test.ts'],
  extensions: ['ts'],
  workerThreads: false,
  concurrency: 2,
  timeout: '60s',
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
};
