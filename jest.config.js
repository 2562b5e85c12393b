// Dates in tests read the same everywhere.
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./.config/jest/utils');
const [swc] = Object.values(base.transform);

module.exports = {
  ...base,
  // A test of a whole editor takes a second on an idle machine; a busy one must not fail it.
  testTimeout: 60_000,
  // The scaffold leaves .mjs untransformed, and knows fewer packages that ship ES modules only than @grafana/ui 13.2 uses.
  transform: { '^.+\\.(mjs|[tj]sx?)$': swc },
  transformIgnorePatterns: [
    nodeModulesToTransform([
      ...grafanaESModules,
      '@codemirror',
      '@grafana/plugin-ui',
      '@grafana/react-data-grid',
      '@marcbachmann/cel-js',
      '@openfeature',
      '@react-hookz',
      '@ver0',
      'acorn-loose',
      'acorn-typescript',
      'd3-array',
      'date-fns',
      'eventemitter3',
      'lru-cache',
      'uwrap',
    ]),
  ],
};
