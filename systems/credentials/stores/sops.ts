import { parse } from 'yaml';
import { RunbookError } from '../../../core/errors.js';
import { commitFile, readFiles, rehearseCommit, type GitBranch, type GitFile } from '../../git/commit-file.js';
import { fieldsOf, valueOf, type StoredKeys } from '../stored-keys.js';
import type { SecretValue } from '../secret-value.js';
import type { Sops } from './sops-program.js';
import { TwoPlaceStore, type Aside, type Place } from './two-places.js';

/** A file of a Git repository that SOPS has encrypted, and under which keys a credential stands in it: paths, as stringData/password. */
export interface SopsPlace extends GitBranch {
  file: string;
  keys: StoredKeys;
}

/** What both places are made of, as one commit has it. */
interface Files {
  sops: Sops;
  place: SopsPlace;
  main: GitFile & { text: string };
  aside: GitFile;
  /** Whose commit the next one is. */
  run: string | undefined;
}

/**
 * A file of SOPS in Git, and beside it FILE-rotation.json with the candidate and what was before, to the same recipients. Each write is a commit
 * whose message says which user and which run. The history keeps all values as they were, encrypted: those of today and dead ones.
 */
export function sopsStore(sops: Sops, place: SopsPlace): TwoPlaceStore {
  const { file, branch } = place;
  const where = `sops ${file} on ${branch}`;
  const look = async () => {
    const [main, aside] = await readFiles(place, [file, asideOf(file)]);
    if (main?.text === undefined || aside === undefined)
      throw new RunbookError('NotFound', `${where}: expected a file, found none; make it with SOPS first`);
    const kept = aside.text === undefined ? {} : await sops.decrypt(aside.path, aside.text);
    const state = JSON.parse(typeof kept['state'] === 'string' ? kept['state'] : '{}') as Aside;
    const files = { sops, place, main: { ...main, text: main.text }, aside, run: runOf(state) };
    const data = await sops.decrypt(file, main.text);
    const value = valueOf(place.keys, (key) => textAt(data, key));
    return { main: mainPlace(files, value), aside: asidePlace(files, state) };
  };
  const rehearse = async () => {
    recipientsOf(file, (await readFiles(place, [file]))[0]?.text ?? '');
    await look();
    await rehearseCommit(place);
  };
  return new TwoPlaceStore(where, look, rehearse);
}

/** A JSON file: what applies all YAML of a folder leaves it alone. */
function asideOf(file: string): string {
  return file.replace(/\.\w+$/, '-rotation.json');
}

const runOf = ({ pending, publishedBy }: Aside) => pending?.run ?? publishedBy;

function mainPlace(files: Files, value: SecretValue | undefined): Place<SecretValue | undefined> {
  const { sops, place, main, run } = files;
  return {
    value,
    async write(wanted) {
      const text = await sops.set(place.file, main.text, wanted ? fieldsOf(place.keys, wanted) : {});
      const written = await commitFile(place, main, text, messageOf(place.file, `user ${wanted?.user ?? ''}`, run));
      return mainPlace({ ...files, main: { ...written, text } }, wanted);
    },
  };
}

function asidePlace(files: Files, state: Aside): Place<Aside> {
  const { sops, place, main, aside } = files;
  return {
    value: state,
    async write(value) {
      const recipients = recipientsOf(place.file, main.text);
      const text = await sops.encrypt(aside.path, recipients, { state: JSON.stringify(value) });
      const [run, what] = [runOf(value), value.pending ? `candidate ${value.pending.user}` : 'no candidate'];
      const written = await commitFile(place, aside, text, messageOf(place.file, what, run));
      return asidePlace({ ...files, aside: written, run }, value);
    },
  };
}

function messageOf(file: string, what: string, run: string | undefined): string {
  return `Rotate ${file}: ${what}\n${run === undefined ? '' : `\nRunbook-Run: ${run}\n`}`;
}

function textAt(data: unknown, path: string): string | undefined {
  const found = path
    .split('/')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], data);
  return typeof found === 'string' ? found : undefined;
}

/** The age recipients that a file is encrypted to. @throws RunbookError Refused. */
function recipientsOf(file: string, text: string): string[] {
  let found: Array<{ recipient?: string }> | undefined;
  try {
    found = (parse(text) as { sops?: { age?: typeof found } } | null)?.sops?.age;
  } catch {
    // Several documents, or no YAML.
  }
  const recipients = (found ?? []).flatMap(({ recipient }) => recipient ?? []);
  if (recipients.length > 0) return recipients;
  throw new RunbookError(
    'Refused',
    `sops ${file}: expected one document, encrypted to age recipients, found none; sops updatekeys adds them`,
  );
}
