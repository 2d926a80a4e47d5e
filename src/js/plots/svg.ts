/**
 * Elements of SVG as plain data: what Observable Plot asks of a document, and no more.
 *
 * One drawing serves page and command line, to the last byte, and on the page no style sheet is made that its Content Security Policy forbids.
 */

const space = 'http://www.w3.org/2000/svg';

export class SvgElement {
  readonly namespaceURI = space;
  readonly ownerDocument: SvgDocument;
  readonly localName: string;
  readonly attributes = new Map<string, string>();
  readonly children: (SvgElement | string)[] = [];
  parentNode: SvgElement | null = null;

  constructor(ownerDocument: SvgDocument, localName: string) {
    this.ownerDocument = ownerDocument;
    this.localName = localName;
  }

  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.attributes.has(name);
  }

  setAttribute(name: string, value: unknown): void {
    this.attributes.set(name, String(value));
  }

  setAttributeNS(_space: string | null, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  removeAttribute(name: string): void {
    this.attributes.delete(name);
  }

  /** A style is written as the attribute of its name: all that a plot uses have one. */
  readonly style = {
    setProperty: (name: string, value: unknown): void => this.setAttribute(name, value),
    removeProperty: (name: string): void => this.removeAttribute(name),
  };

  appendChild(child: SvgElement): SvgElement {
    return this.insertBefore(child, null);
  }

  insertBefore(child: SvgElement, before: SvgElement | null): SvgElement {
    const { parentNode } = child;
    parentNode?.children.splice(parentNode.children.indexOf(child), 1);
    this.children.splice(before ? this.children.indexOf(before) : this.children.length, 0, child);
    child.parentNode = this;
    return child;
  }

  set textContent(text: unknown) {
    this.children.splice(0, this.children.length, ...(text === null || text === '' ? [] : [String(text)]));
  }

  get textContent(): string {
    return this.children.map((child) => (typeof child === 'string' ? child : child.textContent)).join('');
  }

  /** All elements below it that pass, in the order of the document. */
  find(passes: (element: SvgElement) => boolean): SvgElement[] {
    return this.children.flatMap((child) => (typeof child === 'string' ? [] : [...(passes(child) ? [child] : []), ...child.find(passes)]));
  }
}

export class SvgDocument {
  readonly documentElement: SvgElement;

  constructor() {
    this.documentElement = new SvgElement(this, 'svg');
  }

  createElementNS(_space: string | null, name: string): SvgElement {
    return new SvgElement(this, name);
  }
}

/**
 * An element with its attributes and children in one go.
 *
 * Args:
 *   attributes: those that are undefined are left out.
 */
export function drawn(name: string, attributes: Readonly<Record<string, string | number | undefined>>, ...children: (SvgElement | string)[]): SvgElement {
  const element = new SvgDocument().createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  for (const child of children) {
    if (typeof child === 'string') element.children.push(child);
    else element.appendChild(child);
  }
  return element;
}

/** Text that stands for itself in HTML and XML, between tags and in quoted attributes. */
export function escaped(text: string): string {
  // What XML has no place for is left out.
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** The element as text that may stand in an HTML document or, where it is an `svg`, in a file of its own. */
export function svgText(element: SvgElement): string {
  const attributes = [...element.attributes].map(([name, value]) => ` ${name}="${escaped(value)}"`).join('');
  const inside = element.children.map((child) => (typeof child === 'string' ? escaped(child) : svgText(child))).join('');
  return inside === '' ? `<${element.localName}${attributes}/>` : `<${element.localName}${attributes}>${inside}</${element.localName}>`;
}

/** The element as one of a page. */
export function svgElement(document: Document, element: SvgElement): SVGElement {
  const made = document.createElementNS(space, element.localName);
  for (const [name, value] of element.attributes) if (name !== 'xmlns') made.setAttribute(name, value);
  made.append(...element.children.map((child) => (typeof child === 'string' ? child : svgElement(document, child))));
  return made;
}
