import { filesUnder, sourcesUnder, textOf } from './source-file.ts';
import type { Snippet } from './type-program.ts';

const DOCUMENTS: readonly string[] = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md'];

/** Every `ts` block of the documents, and of the `@example`s in what is published. */
export function snippetsOfDocumentation(): readonly Snippet[] {
  const documents = filesUnder('').filter((file) => DOCUMENTS.includes(file) || /^(docs|examples)\/.*\.md$/.test(file));
  const sources = ['src', 'adapters', 'test/kit', 'test/conformance'].flatMap(sourcesUnder);
  return [...documents.flatMap((file) => blocksIn(file, textOf(file))), ...sources.flatMap((file) => blocksIn(file, examplesOf(file)))];
}

// Keeps the line numbers: what is no doc comment becomes empty lines.
function examplesOf(file: string): string {
  let text = '';
  let end = 0;
  const source = textOf(file);
  for (const comment of source.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    text += source.slice(end, comment.index).replace(/[^\n]/g, '') + comment[0].replace(/^[ \t]*\* ?/gm, '');
    end = comment.index + comment[0].length;
  }
  return text;
}

function blocksIn(file: string, text: string): readonly Snippet[] {
  return [...text.matchAll(/^```(?:ts|typescript)\b[^\n]*\n([\s\S]*?)^```/gm)].map((block) => ({
    where: `${file}:${text.slice(0, block.index).split('\n').length}`,
    text: block[1] ?? '',
  }));
}
