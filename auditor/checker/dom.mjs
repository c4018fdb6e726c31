// Nodes of the page. Text of strangers never becomes markup.

import { plain } from './words.mjs';

/** An element with attributes, text and children. */
export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.map((child) => (typeof child === 'string' ? plain(child) : child)));
  return node;
}

export const list = (items) => element('ul', {}, ...items.map((item) => element('li', {}, item)));

/** A table whose first column names its rows; wide ones scroll by themselves. */
export function table(caption, heads, rows) {
  const cells = (row) => row.map((cell, i) =>
    i === 0 ? element('th', { scope: 'row' }, cell) : element('td', { class: 'number' }, cell));
  const head = heads.map((text, i) => element('th', i === 0 ? { scope: 'col' } : { scope: 'col', class: 'number' }, text));
  return element('div', { class: 'wide', role: 'region', 'aria-label': caption, tabindex: '0' },
    element('table', {},
      element('caption', { class: 'unseen' }, caption),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, ...cells(row))))));
}

export function section(title, ...children) {
  return element('section', {}, element('h2', {}, title), ...children);
}
