/* Elements of the page. What comes from the station goes into them as text, never as HTML. */

export const $ = (id) => document.getElementById(id);

export function make(tag, className, text) {
	const el = document.createElement(tag);

	if (className)
		el.className = className;
	if (text !== undefined)
		el.textContent = text;
	return el;
}

export function shape(name) {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const use = document.createElementNS("http://www.w3.org/2000/svg", "use");

	svg.setAttribute("class", "shape");
	svg.setAttribute("aria-hidden", "true");
	svg.setAttribute("viewBox", "0 0 24 24");
	use.setAttribute("href", "#i-" + name);
	svg.append(use);
	return svg;
}

export function setText(el, text) {
	if (el.textContent !== text)
		el.textContent = text;
}
