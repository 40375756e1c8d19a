import { entries } from './tsup.config.ts';

export default {
  entryPoints: Object.values(entries),
  out: 'docs/api',
  readme: 'none',
  excludeInternal: true,
  disableSources: true,
  githubPages: false,
  // `npm run typecheck` does that.
  skipErrorChecking: true,
  validation: { notExported: true, invalidLink: true },
  treatWarningsAsErrors: true,
};
