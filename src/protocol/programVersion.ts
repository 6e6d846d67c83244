// Which hotpair this is.

// Set by scripts/build.ts from package.json; absent when the sources are run without a build.
declare const HOTPAIR_VERSION: string | undefined;

export const programVersion = typeof HOTPAIR_VERSION === 'string' ? HOTPAIR_VERSION : '(not built)';
