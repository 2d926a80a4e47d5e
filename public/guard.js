/*
 * Takes away what the headers cannot forbid in every browser, by the ways a page has to reach another computer without asking for
 * a file: WebRTC, other windows, frames (whose mere address is looked up, and whose realm would be a fresh one), links and forms
 * that point elsewhere, connecting ahead of need, and leaving with something in the address. docs/privacy.md says what is left.
 * Loaded before everything else; nothing of Cytodrop needs any of it. Whatever it calls later it takes now, before a script that
 * comes after it can put its own in that place.
 */
'use strict';
{
  const { apply } = Reflect;
  const { defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames } = Object;
  const { exec } = RegExp.prototype;
  const { preventDefault } = Event.prototype;
  const Address = URL;
  const home = location.origin;
  const getter = (type, name) => {
    const { get } = getOwnPropertyDescriptor(type.prototype, name);
    return (self) => apply(get, self, []);
  };
  const [originOf, protocolOf] = [getter(URL, 'origin'), getter(URL, 'protocol')];
  const [localName, nodeType] = [getter(Element, 'localName'), getter(Node, 'nodeType')];

  /** Of another site, or of none, such as mailto: and javascript:. A blob: is this page's own and can only be saved: see `navigate`. */
  const isElsewhere = (text) => {
    try {
      const address = new Address(text, home);
      return originOf(address) !== home && protocolOf(address) !== 'data:';
    } catch {
      return false;
    }
  };

  /** For good; a property that is read and written stays readable. */
  const replace = (owner, name, value) => defineProperty(owner, name, { value, writable: false, configurable: false });
  const replaceSetter = (owner, name, set) => defineProperty(owner, name, { ...getOwnPropertyDescriptor(owner, name), set, configurable: false });
  const remove = (owner, ...names) => {
    for (const name of names) {
      const known = owner && getOwnPropertyDescriptor(owner, name);
      if (known?.set) replaceSetter(owner, name, () => undefined);
      else if (known) replace(owner, name, undefined);
    }
  };

  remove(window, 'RTCPeerConnection', 'webkitRTCPeerConnection', 'mozRTCPeerConnection', 'RTCIceTransport', 'RTCDtlsTransport');
  replace(window, 'open', () => null);
  // A passkey of another site makes the browser ask that site.
  if ('credentials' in navigator) replace(Navigator.prototype, 'credentials', undefined);

  // No frame is made: not by name, not as a class of one's own, and not out of text, which nothing here turns into elements.
  const unmade = { __proto__: null, iframe: 1, frame: 1, frameset: 1, object: 1, embed: 1, portal: 1, fencedframe: 1, animate: 1, set: 1 };
  for (const name of ['createElement', 'createElementNS']) {
    const create = Document.prototype[name];
    replace(Document.prototype, name, function (...words) {
      const element = apply(create, this, words);
      const made = localName(element);
      if (made in unmade) throw new TypeError(`guard.js: this page makes no <${made}>`);
      return element;
    });
  }
  for (const owner of [Element.prototype, ShadowRoot.prototype, DocumentFragment.prototype, Document]) remove(owner, ...getOwnPropertyNames(owner).filter((name) => name.includes('HTML')));
  remove(Element.prototype, 'attachShadow');
  remove(Document.prototype, 'open', 'write', 'writeln', 'execCommand');
  remove(Range.prototype, 'createContextualFragment');
  remove(DOMImplementation.prototype, 'createDocument');
  remove(CustomElementRegistry.prototype, 'define');
  remove(window, 'DOMParser', 'XSLTProcessor', 'XMLHttpRequest');

  // No link, hint or form points elsewhere, or into another window, by whichever way its attribute is set.
  const isRefused = (name, text) => apply(exec, /(^|:)(form)?target$/i, [name]) !== null || (apply(exec, /(^|:)(href|(form)?action)$/i, [name]) !== null && isElsewhere(text));
  const { setAttribute, setAttributeNS } = Element.prototype;
  replace(Element.prototype, 'setAttribute', function (name, value) {
    // Read once, lest a second reading tell something else.
    const words = [`${name}`, `${value}`];
    if (!isRefused(words[0], words[1])) apply(setAttribute, this, words);
  });
  replace(Element.prototype, 'setAttributeNS', function (space, name, value) {
    const words = [space, `${name}`, `${value}`];
    if (!isRefused(words[1], words[2])) apply(setAttributeNS, this, words);
  });
  for (const [type, ...names] of [
    [HTMLAnchorElement, 'href', 'target'], [HTMLAreaElement, 'href', 'target'], [HTMLLinkElement, 'href'], [HTMLBaseElement, 'href', 'target'],
    [HTMLFormElement, 'action', 'target'], [HTMLButtonElement, 'formAction', 'formTarget'], [HTMLInputElement, 'formAction', 'formTarget'],
  ]) {
    for (const name of names) {
      const { set } = getOwnPropertyDescriptor(type.prototype, name);
      replaceSetter(type.prototype, name, function (value) {
        const text = `${value}`;
        if (!isRefused(name, text)) apply(set, this, [text]);
      });
    }
  }
  for (const type of [HTMLAnchorElement, HTMLAreaElement]) remove(type.prototype, 'protocol', 'host', 'hostname', 'port');
  remove(SVGAnimatedString.prototype, 'baseVal');
  remove(Element.prototype, 'setAttributeNode', 'setAttributeNodeNS');
  remove(NamedNodeMap.prototype, 'setNamedItem', 'setNamedItemNS');
  remove(Attr.prototype, 'value');
  for (const name of ['nodeValue', 'textContent']) {
    const { set } = getOwnPropertyDescriptor(Node.prototype, name);
    replaceSetter(Node.prototype, name, function (value) {
      if (nodeType(this) !== Node.ATTRIBUTE_NODE) apply(set, this, [value]);
    });
  }

  // A link may be pressed into another window, where no guard is when it opens a blob:.
  const { dispatchEvent } = EventTarget.prototype;
  const typeOf = getter(Event, 'type');
  replace(EventTarget.prototype, 'dispatchEvent', function (event) {
    return typeOf(event) === 'click' || apply(dispatchEvent, this, [event]);
  });
  const { composedPath } = Event.prototype;
  const [ctrl, shift, meta, button] = ['ctrlKey', 'shiftKey', 'metaKey', 'button'].map((name) => getter(MouseEvent, name));
  for (const type of ['click', 'auxclick']) {
    window.addEventListener(type, (event) => {
      if (!(ctrl(event) || shift(event) || meta(event) || button(event) !== 0)) return;
      const path = apply(composedPath, event, []);
      // The last two are the document and the window.
      for (let i = 0; i < path.length - 2; i++) {
        const name = localName(path[i]);
        if (name === 'a' || name === 'area') apply(preventDefault, event, []);
      }
    }, true);
  }

  // Leaving, where the browser lets a page hear of it: for this site's own pages only, since a blob: would be one without a guard.
  if (window.navigation) {
    const [destination, address, download] = [getter(NavigateEvent, 'destination'), getter(NavigationDestination, 'url'), getter(NavigateEvent, 'downloadRequest')];
    navigation.addEventListener('navigate', (event) => {
      const url = new Address(address(destination(event)));
      const isSaved = protocolOf(url) === 'blob:' && download(event) !== null;
      if (!isSaved && (originOf(url) !== home || protocolOf(url) !== location.protocol)) apply(preventDefault, event, []);
    });
  }
}
