import { h, type Child } from './dom.js';
import type { Context } from './page.js';
import type { Tone } from './tone.js';

interface Question {
  title: string;
  /** What exactly it is about. */
  about: Child[];
  /** What the button says that does it. */
  action: string;
  tone: Extract<Tone, 'good' | 'bad' | 'warn'>;
  /** Something that may be said with it. */
  fields?: HTMLElement[];
}

/** Asks before something is done that cannot be taken back by a second click. The browser keeps the focus within, and gives it back. */
export function confirm({ words }: Context, { title, about, action, tone, fields = [] }: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = h('button', { type: 'button', onclick: () => dialog.close('') }, words.confirm.cancel);
    const go = h('button', { type: 'submit', class: tone, value: 'yes' }, action);
    const dialog = h(
      'dialog',
      { 'aria-labelledby': 'question' },
      h(
        'form',
        { method: 'dialog', class: 'stack' },
        h('h2', { id: 'question' }, title),
        ...about,
        ...fields,
        h('div', { class: 'buttons' }, cancel, go),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
    // Whoever presses Enter without reading has done nothing.
    (fields[0]?.querySelector('textarea') ?? cancel).focus();
  });
}

/** A field for what somebody says to it. */
export function commentField(
  { words }: Context,
  id: string,
  initial: string,
  onInput: (text: string) => void,
): HTMLElement {
  const area = h('textarea', {
    ...{ id, rows: 2, maxlength: 2000 },
    oninput: (event) => {
      if (event.target instanceof HTMLTextAreaElement) onInput(event.target.value);
    },
  });
  area.value = initial;
  return h('div', { class: 'field' }, h('label', { for: id }, words.confirm.comment), area);
}
