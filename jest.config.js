const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testEnvironment: 'node',
};

export default {
  // The tests on the real stack mostly wait: for pods, for traffic, for the next scrape. Four at once keep two cores so busy that tests run out of time.
  maxWorkers: 3,
  // What test files leave in a process makes the next ones slower; above this it is started anew between two of them.
  workerIdleMemoryLimit: '1GB',
  // Also what needs no server may have to wait for a busy machine.
  testTimeout: 30_000,
  testSequencer: '<rootDir>/test/support/longest-first.js',
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/**/*.unit.test.ts'] },
    {
      ...shared,
      displayName: 'stack',
      testMatch: ['<rootDir>/test/**/!(*.unit).test.ts'],
      setupFiles: ['<rootDir>/test/support/choose-namespace.js'],
      globalSetup: '<rootDir>/test/support/start-stack.js',
      globalTeardown: '<rootDir>/test/support/stop-stack.js',
    },
  ],
};
