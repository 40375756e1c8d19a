import ts from 'typescript';
import { at, syntaxOf } from './source-file.ts';

/** One member of an interface that configures something. */
export interface Option {
  readonly name: string;
  readonly where: string;
  readonly optional: boolean;
  /** It holds options of its own, which carry the defaults. */
  readonly group: boolean;
  /** It may only be absent. */
  readonly never: boolean;
  readonly comment: string;
  /** What `@default` says; `null` without one. */
  readonly default: string | null;
}

/** The members of every exported interface whose name ends like that of a configuration. */
export function optionsIn(file: string): readonly Option[] {
  const tree = syntaxOf(file);
  return tree.statements
    .filter(
      (statement) => ts.isInterfaceDeclaration(statement) && /(Options|Config|Numbers)$/.test(statement.name.text) && isExported(statement),
    )
    .flatMap((statement) => (ts.isInterfaceDeclaration(statement) ? [...statement.members] : []))
    .map((member) => {
      const [comment] = ts.getJSDocCommentsAndTags(member);
      const type = ts.isPropertySignature(member) ? (member.type?.getText() ?? '') : '';
      return {
        name: member.name?.getText() ?? '',
        where: at(file, tree.getLineAndCharacterOfPosition(member.getStart()).line),
        optional: member.questionToken !== undefined,
        group: /^\w+Options( \| undefined)?$/.test(type),
        never: type === 'undefined',
        comment: comment?.getText() ?? '',
        default: defaultOf(member),
      };
    });
}

/** The names in quotes that are the members of an interface. */
export function membersOf(file: string, interfaceName: string): readonly string[] {
  const names: string[] = [];
  for (const statement of syntaxOf(file).statements)
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === interfaceName)
      for (const member of statement.members) if (member.name && ts.isStringLiteral(member.name)) names.push(member.name.text);
  return names;
}

function defaultOf(member: ts.Node): string | null {
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
  return tag === undefined ? null : (ts.getTextOfJSDocComment(tag.comment) ?? '');
}

function isExported(statement: ts.InterfaceDeclaration): boolean {
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}
