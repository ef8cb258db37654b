import { h } from './dom.js';
import { Formats } from './formats.js';

/** Formats that also make what stands on a page. */
export class PageFormats extends Formats {
  /** A moment, which says exactly when to whoever asks. */
  time(at: string, text = this.moment(at)): HTMLElement {
    return h('time', { datetime: at, title: this.exact(at) }, text);
  }
}
