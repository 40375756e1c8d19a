import ts from 'typescript';
import { at, syntaxOf } from './source-file.ts';

/** One member of an interface that configures something. */
export interface Option {
  readonly name: string;
  /** The interface that has it. */
  readonly of: string;
  /** What TypeScript calls its type, without the `undefined` of what is optional. */
  readonly type: string;
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
    .flatMap((statement) => (ts.isInterfaceDeclaration(statement) ? statement.members.map((member) => ({ statement, member })) : []))
    .map(({ statement, member }) => {
      const [comment] = ts.getJSDocCommentsAndTags(member);
      const type = ts.isPropertySignature(member) ? (member.type?.getText().replace(/ \| undefined$/, '') ?? '') : '';
      return {
        name: member.name?.getText() ?? '',
        of: statement.name.text,
        type,
        where: at(file, tree.getLineAndCharacterOfPosition(member.getStart()).line),
        optional: member.questionToken !== undefined,
        group: /^\w+Options$/.test(type),
        never: type === 'undefined',
        comment: comment?.getText() ?? '',
        default: defaultOf(member),
      };
    });
}

/** Where an option stands in the whole configuration: of the group that its interface describes, and so on outwards. */
export function pathOf(option: Option, all: readonly Option[]): string {
  const group = all.find((other) => other.type === option.of);
  return group === undefined ? option.name : `${pathOf(group, all)}.${option.name}`;
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
