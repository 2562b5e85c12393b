import { defineConfig } from 'eslint/config';
import tsPlugin from '@typescript-eslint/eslint-plugin';
import tsParser from '@typescript-eslint/parser';
import baseConfig from './.config/eslint.config.mjs';

/**
 * The rooms of the analyzer in the order in which data moves. A room imports from rooms before it, from the ground floor
 * (errors, config, version) and from the filter language, never from a room behind it.
 */
const rooms = [
  'capture',
  'decode',
  'flow',
  'pipeline',
  'diagnose',
  'enrich',
  'report',
  'explain',
  'store',
  'query',
  'api',
  'service',
  'cli',
];
const roomRules = rooms.map((room, at) => ({
  files: [`analyzer/src/${room}/**/*.ts`],
  ignores: ['**/*.test.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: rooms.slice(at + 1).map((later) => ({
          group: [`**/${later}/*`],
          message: `${room} may not know ${later} (one way through the house)`,
        })),
      },
    ],
  },
}));

export default defineConfig([
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '**/coverage/',
      '**/*.log',
      'tcpscope-data/',
      'tcpscope-demo/',
      'test-results/',
      'playwright-report/',
      'playwright/.auth/',
      '.config/',
      'filter/src/grammar/parser.*',
    ],
  },
  ...baseConfig,
  {
    files: ['analyzer/src/**/*.ts', 'filter/src/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts'],
    languageOptions: { parser: tsParser },
    plugins: { '@typescript-eslint': tsPlugin },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-throw-literal': 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['test/**/*.ts', 'scripts/**/*'], rules: { 'no-console': 'off', 'react-hooks/rules-of-hooks': 'off' } },
  ...roomRules.slice(0, -1),
]);
