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

/** Whether one is the other as it was before: the same kind of thing, by its name and what its first class says. */
function isAlike(shown: Node, wanted: Node): boolean {
  if (shown.nodeName !== wanted.nodeName || keyOf(shown) !== keyOf(wanted)) return false;
  const classOf = (node: Node) => (node instanceof Element ? node.classList[0] : undefined);
  return classOf(shown) === classOf(wanted);
}

/** The first that is alike from a place on; what stood before it is gone. */
function findAlike(place: ChildNode | null, wanted: Node): ChildNode | undefined {
  for (let node = place; node; node = node.nextSibling) if (isAlike(node, wanted)) return node;
  return undefined;
}

/**
 * Makes what an element holds the same as what is wanted. Elements that are there already stay: with them the focus, what is written
 * in a field, what is marked, and where the page was scrolled to. Those with another `data-key` are others, whatever they look like.
 */
export function morph(parent: Element, wanted: readonly Node[]): void {
  let place = parent.firstChild;
  const remove = (until: ChildNode | undefined) => {
    while (place && place !== until) {
      const gone: ChildNode = place;
      place = gone.nextSibling;
      gone.remove();
    }
  };
  wanted.forEach((node, index) => {
    const match = findAlike(place, node);
    const stays =
      place !== null && match !== place && wanted.slice(index).some((each) => place && isAlike(place, each));
    if (!match || (stays && keyOf(node) === null)) {
      parent.insertBefore(node, place);
      return;
    }
    if (stays) parent.insertBefore(match, place);
    else {
      remove(match);
      place = match.nextSibling;
    }
    become(match, node);
  });
  remove(undefined);
}
