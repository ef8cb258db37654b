/** What people open, close and choose by themselves: a new picture of the page must not undo it. */
const theirs: ReadonlySet<string> = new Set(['open', 'value', 'checked']);
const events = ['onclick', 'onsubmit', 'oninput', 'onchange'] as const;

const keyOf = (node: Node) => (node instanceof Element ? node.getAttribute('data-key') : null);

function takeAttributes(shown: Element, wanted: Element): void {
  for (const { name } of [...shown.attributes])
    if (!wanted.hasAttribute(name) && !theirs.has(name)) shown.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (shown.getAttribute(name) !== value && !theirs.has(name)) shown.setAttribute(name, value);
  if (shown instanceof HTMLElement && wanted instanceof HTMLElement)
    for (const event of events) Object.assign(shown, { [event]: wanted[event] });
}

function become(shown: Node, wanted: Node): void {
  if (!(shown instanceof Element) || !(wanted instanceof Element)) {
    if (shown.nodeValue !== wanted.nodeValue) shown.nodeValue = wanted.nodeValue;
    return;
  }
  takeAttributes(shown, wanted);
  morph(shown, [...wanted.childNodes]);
}

/**
 * Makes what an element holds the same as what is wanted. Elements that are there already stay: with them the focus, what is written
 * in a field, what is marked, and where the page was scrolled to. Those with another `data-key` are others, whatever they look like.
 */
export function morph(parent: Element, wanted: readonly Node[]): void {
  const keyed = new Map([...parent.childNodes].flatMap((node) => (keyOf(node) === null ? [] : [[keyOf(node), node]])));
  let place = parent.firstChild;
  for (const node of wanted) {
    const key = keyOf(node);
    const here = place?.nodeName === node.nodeName && keyOf(place) === null ? place : undefined;
    const match = key === null ? here : keyed.get(key);
    if (match?.nodeName !== node.nodeName) {
      parent.insertBefore(node, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else parent.insertBefore(match, place);
    become(match, node);
  }
  while (place) {
    const next: ChildNode | null = place.nextSibling;
    place.remove();
    place = next;
  }
}
