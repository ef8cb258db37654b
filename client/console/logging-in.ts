const key = 'after-login';

/** Goes to the ways in. The page that somebody was on is kept by the tab alone: no server is told where to send anybody. */
export function logIn(): void {
  rememberPage();
  window.location.assign('/login');
}

/** Also for links to the ways in, which somebody follows by themselves. */
export function rememberPage(): void {
  window.sessionStorage.setItem(key, window.location.hash);
}

/** Back to the page that somebody was on before they had to log in. */
export function returnToPage(): void {
  const hash = window.sessionStorage.getItem(key);
  window.sessionStorage.removeItem(key);
  if (hash !== null && window.location.hash === '') window.history.replaceState(null, '', hash);
}
