/** One verb of the command line, as far as completion needs it. */
export interface CompletedVerb {
  name: string;
  description: string;
  options: Array<{ name: string; description: string }>;
}

/** In single quotes for a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function bash(verbs: readonly CompletedVerb[]): string {
  const cases = verbs.map(
    ({ name, options }) => `    ${name}) words="${options.map((option) => option.name).join(' ')}" ;;`,
  );
  return `_runbook() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${verbs.map(({ name }) => name).join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
  else COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _runbook runbook
`;
}

function zsh(verbs: readonly CompletedVerb[]): string {
  const described = (name: string, description: string) => quote(`${name}:${description.replaceAll(':', '\\:')}`);
  const cases = verbs.map(({ name, options }) => {
    const list = options.map((option) => described(option.name, option.description)).join(' ');
    return `    ${name}) options=(${list}) ;;`;
  });
  return `#compdef runbook
_runbook() {
  local -a verbs options
  verbs=(${verbs.map(({ name, description }) => described(name, description)).join(' ')})
  if (( CURRENT == 2 )); then _describe verb verbs; return; fi
  case "$words[2]" in
${cases.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then _describe option options; else _files; fi
}
compdef _runbook runbook
`;
}

function fish(verbs: readonly CompletedVerb[]): string {
  const lines = verbs.flatMap(({ name, description, options }) => [
    `complete -c runbook -n __fish_use_subcommand -f -a ${name} -d ${quote(description)}`,
    ...options.map(
      (option) =>
        `complete -c runbook -n '__fish_seen_subcommand_from ${name}' -l ${option.name.slice(2)} -d ${quote(option.description)}`,
    ),
  ]);
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
