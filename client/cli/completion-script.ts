/** One verb of the command line, as far as completion needs it. */
export interface CompletedVerb {
  name: string;
  description: string;
  options: Array<{ name: string; description: string }>;
  /** What follows it: apply, list … */
  verbs: CompletedVerb[];
}

/** In single quotes for a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function bash(verbs: readonly CompletedVerb[]): string {
  const wordsOf = ({ options }: CompletedVerb) => options.map((option) => option.name).join(' ');
  const groups = verbs.filter((verb) => verb.verbs.length > 0);
  const cases = verbs.map((verb) => `    ${verb.name}) words="${wordsOf(verb)}" ;;`);
  const inner = groups.flatMap(({ name, verbs: own }) =>
    own.map((verb) => `    ${name}:${verb.name}) words="${wordsOf(verb)}" ;;`),
  );
  const names = groups.map(
    ({ name, verbs: own }) =>
      `  if [ "$COMP_CWORD" -eq 2 ] && [ "\${COMP_WORDS[1]}" = ${name} ]; then
    COMPREPLY=($(compgen -W "${own.map((verb) => verb.name).join(' ')}" -- "$current"))
    return
  fi
`,
  );
  return `_runbook() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${verbs.map(({ name }) => name).join(' ')}" -- "$current"))
    return
  fi
${names.join('')}  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "\${COMP_WORDS[1]}:\${COMP_WORDS[2]:-}" in
${inner.join('\n')}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
  else COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _runbook runbook
`;
}

function zsh(verbs: readonly CompletedVerb[]): string {
  const described = (name: string, description: string) => quote(`${name}:${description.replaceAll(':', '\\:')}`);
  const listOf = ({ options }: CompletedVerb) =>
    options.map((option) => described(option.name, option.description)).join(' ');
  const cases = verbs.map((verb) => `    ${verb.name}) options=(${listOf(verb)}) ;;`);
  const groups = verbs.filter((verb) => verb.verbs.length > 0);
  const inner = groups.flatMap(({ name, verbs: own }) =>
    own.map((verb) => `    ${name}:${verb.name}) options=(${listOf(verb)}) ;;`),
  );
  const names = groups.map(({ name, verbs: own }) => {
    const list = own.map((verb) => described(verb.name, verb.description)).join(' ');
    return `  if (( CURRENT == 3 )) && [[ "$words[2]" == ${name} ]]; then
    verbs=(${list})
    _describe verb verbs
    return
  fi
`;
  });
  return `#compdef runbook
_runbook() {
  local -a verbs options
  verbs=(${verbs.map(({ name, description }) => described(name, description)).join(' ')})
  if (( CURRENT == 2 )); then _describe verb verbs; return; fi
${names.join('')}  case "$words[2]" in
${cases.join('\n')}
  esac
  case "$words[2]:\${words[3]:-}" in
${inner.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then _describe option options; else _files; fi
}
compdef _runbook runbook
`;
}

function fish(verbs: readonly CompletedVerb[]): string {
  const optionsOf = (seen: string, { options }: CompletedVerb) =>
    options.map(
      (option) => `complete -c runbook -n '${seen}' -l ${option.name.slice(2)} -d ${quote(option.description)}`,
    );
  const lines = verbs.flatMap((verb) => {
    const { name, description, verbs: own } = verb;
    const seen = `__fish_seen_subcommand_from ${name}`;
    return [
      `complete -c runbook -n __fish_use_subcommand -f -a ${name} -d ${quote(description)}`,
      ...optionsOf(seen, verb),
      ...own.flatMap((inner) => {
        const others = own.map((each) => each.name).join(' ');
        return [
          `complete -c runbook -n '${seen}; and not __fish_seen_subcommand_from ${others}' -f -a ${inner.name} -d ${quote(inner.description)}`,
          ...optionsOf(`${seen}; and __fish_seen_subcommand_from ${inner.name}`, inner),
        ];
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** A script that teaches a shell the verbs and their options. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', verbs: readonly CompletedVerb[]): string {
  switch (shell) {
    case 'bash':
      return bash(verbs);
    case 'zsh':
      return zsh(verbs);
    case 'fish':
      return fish(verbs);
  }
}
