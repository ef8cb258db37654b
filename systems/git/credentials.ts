/** A token in a file of the worker, and the name it is sent with. */
export interface GitToken {
  path: string;
  username: string;
}

// git gives "get", "store" or "erase"; only the first is answered. The shell reads the token from its file, so it is in no
// argument, no environment and no file of ours.
const helper =
  '!answer() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$RUNBOOK_GIT_USERNAME" "$(cat "$RUNBOOK_GIT_TOKEN_FILE")"; }; answer';

/**
 * The environment that lets git log in with a token, at the remote's own host only: after a redirect to another one it has none.
 * https://git-scm.com/docs/gitcredentials, https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
 */
export function credentialEnvironment(remote: string, token: GitToken | undefined): Record<string, string> {
  if (!token) return {};
  return {
    RUNBOOK_GIT_USERNAME: token.username,
    RUNBOOK_GIT_TOKEN_FILE: token.path,
    GIT_CONFIG_COUNT: '2',
    // An empty helper forgets those of the worker's own configuration.
    GIT_CONFIG_KEY_0: 'credential.helper',
    GIT_CONFIG_VALUE_0: '',
    GIT_CONFIG_KEY_1: `credential.${new URL(remote).origin}.helper`,
    GIT_CONFIG_VALUE_1: helper,
  };
}
