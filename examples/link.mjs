// Lets the starters run inside the repository on the unbuilt sources: `ringlatch` and its subpaths resolve as tsconfig.json says.
// A starter that was copied out has the package in its node_modules and needs none of this.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const root = new URL('../', import.meta.url);
const { paths } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8')).compilerOptions;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = Object.hasOwn(paths, specifier) ? paths[specifier][0] : null;
    return nextResolve(source === null ? specifier : new URL(source, root).href, context);
  },
});
