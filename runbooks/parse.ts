import { isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document, type YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../core/errors.js';
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
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
  if (!isScalar(pair?.key) || !pair.key.range) return positionOf(document, lines, path);
  const { line, col } = lines.linePos(pair.key.range[0]);
  return { line, column: col };
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

/** The document's value. Aliases that lead nowhere, or multiply without end, only show here. */
function toValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new InvalidRunbook([{ file, line: 1, column: 1, path: '', message: messageOf(error) }]);
  }
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
  const value = toValue(document, file);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    for (const { path, message, unknownKey } of describeIssues(parsed.error.issues, value)) {
      const position = unknownKey ? keyPosition(document, lines, path) : positionOf(document, lines, path);
      problems.push({ file, ...position, path: path.join('.'), message });
    }
  }
  if (problems.length > 0 || !parsed.success) {
    throw new InvalidRunbook(problems.sort((a, b) => a.line - b.line || a.column - b.column));
  }
  return parsed.data;
}
