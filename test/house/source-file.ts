import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The repository, with a trailing slash. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

const NOT_OURS: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', 'coverage']);

/** Every file under a folder, by its path in the repository, what is built or installed left out. */
export function filesUnder(folder: string): readonly string[] {
  return readdirSync(root + folder, { withFileTypes: true })
    .filter((entry) => !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return path === 'docs/api' ? [] : filesUnder(path);
      return entry.isFile() ? [path] : [];
    });
}

/** The text of a file of the repository. */
export function textOf(file: string): string {
  return readFileSync(root + file, 'utf8');
}

/** One import, re-export, dynamic import or import type. */
export interface ImportLine {
  readonly file: string;
  /** `file:line: the line`, for the reader of a failure. */
  readonly where: string;
  /** A path in the repository, or the specifier as written when it names a package or a built-in module. */
  readonly target: string;
  readonly typeOnly: boolean;
}

/** The TypeScript files under a folder. */
export function sourcesUnder(folder: string): readonly string[] {
  return filesUnder(folder).filter((file) => file.endsWith('.ts'));
}

/** The syntax tree of a file. */
export function syntaxOf(file: string): ts.SourceFile {
  return ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true);
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/** Every import line of a file. */
export function importsOf(file: string): readonly ImportLine[] {
  const tree = syntaxOf(file);
  const lines: ImportLine[] = [];
  walk(tree, (node) => {
    const found = importIn(node);
    if (found === null) return;
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
    const target = found.specifier.startsWith('.') ? posix.join(posix.dirname(file), found.specifier) : found.specifier;
    lines.push({ file, where: at(file, line), target, typeOnly: found.typeOnly });
  });
  return lines;
}

/** `file:line: the line`; lines count from 0 here and from 1 in the answer. */
export function at(file: string, line: number): string {
  return `${file}:${line + 1}: ${textOf(file).split('\n')[line]?.trim()}`;
}

/** A file's code without its comments and without the content of its strings, line by line. */
export function codeOf(file: string): string {
  const text = textOf(file);
  const blank = (from: number, to: number, code: string): string =>
    code.slice(0, from) + code.slice(from, to).replace(/[^\n]/g, ' ') + code.slice(to);
  let code = text;
  walk(syntaxOf(file), (node) => {
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node) ||
      ts.isRegularExpressionLiteral(node)
    )
      code = blank(node.getStart(), node.end, code);
    for (const range of [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.end) ?? []),
    ])
      code = blank(range.pos, range.end, code);
  });
  return code;
}

function importIn(node: ts.Node): { readonly specifier: string; readonly typeOnly: boolean } | null {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const named = node.importClause?.namedBindings;
    const allNamedAreTypes =
      named !== undefined && ts.isNamedImports(named) && !node.importClause?.name && named.elements.every((element) => element.isTypeOnly);
    return {
      specifier: node.moduleSpecifier.text,
      typeOnly: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || allNamedAreTypes,
    };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier))
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require')) {
    const [argument] = node.arguments;
    return argument !== undefined && ts.isStringLiteralLike(argument) ? { specifier: argument.text, typeOnly: false } : null;
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal))
    return { specifier: node.argument.literal.text, typeOnly: true };
  return null;
}
