import { isNode, isScalar, LineCounter, parseDocument, visit, type Document, type YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { describeIssues } from './issues.js';
import { InvalidRunbook, type Problem } from './problems.js';
import { expandVariables } from './variables.js';

type Path = readonly PropertyKey[];

/** The position of the value at a path, or of its nearest ancestor that is written down. */
function positionOf(document: Document.Parsed, lines: LineCounter, path: Path): { line: number; column: number } {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) {
      const { line, col } = lines.linePos(node.range[0]);
      return { line, column: col };
    }
  }
  return { line: 1, column: 1 };
}

/** The position of a key itself: for unknown fields the name is what is wrong. */
function keyPosition(document: Document.Parsed, lines: LineCounter, path: Path): { line: number; column: number } {
  let position: { line: number; column: number } | undefined;
  visit(document, {
    Pair(_, pair, ancestors) {
      if (position || !isScalar(pair.key) || pair.key.value !== path.at(-1) || !pair.key.range) return;
      const depth = ancestors.filter((ancestor) => 'key' in ancestor).length;
      if (depth !== path.length - 1) return;
      const { line, col } = lines.linePos(pair.key.range[0]);
      position = { line, column: col };
    },
  });
  return position ?? positionOf(document, lines, path);
}

/** Replaces ${NAME} in every scalar; says where values are missing. */
function expandScalars(
  document: Document.Parsed,
  lines: LineCounter,
  file: string,
  values: ReadonlyMap<string, string>,
): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const { text, missing } = expandVariables(node.value, values);
      const position = lines.linePos(node.range?.[0] ?? 0);
      for (const { name } of missing) {
        const message = `no value for \${${name}}; give it with --set ${name}=…, in the environment's file, or as \${${name}:-default}`;
        problems.push({ file, line: position.line, column: position.col, path: '', message });
      }
      node.value = text;
    },
  });
  return problems;
}

/** The first syntax error alone: those after it only follow from it. */
function syntaxProblem(text: string, file: string, lines: LineCounter, { pos, message }: YAMLParseError): Problem {
  const { line, col } = lines.linePos(pos[0]);
  const written = text.split('\n')[line - 1] ?? '';
  const hint = /[{[].*\$\{/.test(written) ? '; inside { } and [ ] a value with ${…} needs quotes' : '';
  return { file, line, column: col, path: '', message: `${message}${hint}` };
}

/**
 * Parses one YAML document against a schema.
 * @throws InvalidRunbook with every problem of the file.
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  options: { file: string; schema: Schema; values?: ReadonlyMap<string, string> },
): z.output<Schema> {
  const { file, schema, values = new Map<string, string>() } = options;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const [broken] = document.errors;
  if (broken) throw new InvalidRunbook([syntaxProblem(text, file, lines, broken)]);
  const problems = expandScalars(document, lines, file, values);
  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) {
    for (const { path, message, unknownKey } of describeIssues(parsed.error.issues, document.toJS())) {
      const position = unknownKey ? keyPosition(document, lines, path) : positionOf(document, lines, path);
      problems.push({ file, ...position, path: path.join('.'), message });
    }
  }
  if (problems.length > 0 || !parsed.success) {
    throw new InvalidRunbook(problems.sort((a, b) => a.line - b.line || a.column - b.column));
  }
  return parsed.data;
}
