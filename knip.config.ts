import type { KnipConfig } from 'knip';
import { entries } from './tsup.config.ts';

const config: KnipConfig = {
  entry: [...Object.values(entries), 'examples/*/*.ts', 'test/package/consumer/*', 'test/bench/*.ts'],
  project: ['src/**/*.ts', 'adapters/**/*.ts', 'test/**/*.{ts,mjs,cjs}', 'examples/**/*.{ts,mjs}'],
  // Loaded by a name that the compiler must not see, because its types are those of Express 5.
  ignoreDependencies: ['express-4'],
  ignoreBinaries: ['redis-server'],
  ignoreExportsUsedInFile: { interface: true, type: true },
  // A Fastify plugin is exported by name and as the default.
  rules: { duplicates: 'off' },
};
export default config;
