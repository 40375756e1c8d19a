import ts from 'typescript';
import { entries } from '../../tsup.config.ts';
import { root } from './source-file.ts';

/** A text that is compiled as if it were a file of the repository. */
export interface Snippet {
  /** Where it is written: `README.md:12`. */
  readonly where: string;
  readonly text: string;
}

// What documentation may speak of without saying where it comes from.
const AMBIENT = `
declare global {
  const auth: import('ringlatch').PhoneAuth;
  const secret: string;
  const client: import('ringlatch').Client;
}
export {};
`;

/** Everything that the package exports, with the snippets of its documentation, compiled together. */
export function typeProgramOf(snippets: readonly Snippet[]): {
  /** `subpath: name` of every public export without a doc comment. */
  readonly undocumented: readonly string[];
  /** What the compiler says about the snippets. */
  readonly faults: readonly string[];
} {
  const options = optionsOfRepository();
  const virtual = new Map<string, Snippet>(snippets.map((snippet, index) => [`${root}snippet-${index}.ts`, snippet]));
  const ambient = `${root}snippet-ambient.ts`;
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  const textOfVirtual = (file: string): string | undefined => (file === ambient ? AMBIENT : asModule(virtual.get(file)?.text));
  host.fileExists = (file): boolean => textOfVirtual(file) !== undefined || fileExists(file);
  host.getSourceFile = (file, ...rest): ts.SourceFile | undefined => {
    const text = textOfVirtual(file);
    return text === undefined
      ? getSourceFile(file, ...rest)
      : ts.createSourceFile(file, text, { languageVersion: ts.ScriptTarget.ES2022, impliedNodeFormat: ts.ModuleKind.ESNext });
  };
  const program = ts.createProgram({
    rootNames: [...Object.values(entries).map((file) => root + file), ambient, ...virtual.keys()],
    options,
    host,
  });
  return {
    undocumented: Object.entries(entries).flatMap(([subpath, file]) =>
      undocumentedIn(program, root + file).map((name) => `${subpath}: ${name}`),
    ),
    faults: [...virtual].flatMap(([file, snippet]) => faultsIn(program, file).map((message) => `${snippet.where}: ${message}`)),
  };
}

function optionsOfRepository(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['tsup.config.ts'] }, ts.sys, root);
  // A snippet's exported function needs no written return type: it is for reading.
  return { ...options, isolatedDeclarations: false, declaration: false };
}

function asModule(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${text}\nexport {};\n`;
}

function undocumentedIn(program: ts.Program, file: string): readonly string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) return ['does not exist, or exports nothing'];
  return checker
    .getExportsOfModule(module)
    .filter((symbol) => {
      const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return original.getDocumentationComment(checker).length === 0;
    })
    .map((symbol) => symbol.name);
}

function faultsIn(program: ts.Program, file: string): readonly string[] {
  const source = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) => {
    const line = source === undefined || diagnostic.start === undefined ? 0 : source.getLineAndCharacterOfPosition(diagnostic.start).line;
    return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`;
  });
}
