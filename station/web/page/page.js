/*
 * The page: listens to /events, draws a tile for each slot, and asks the station for things.
 *
 * What comes from the station is data: it goes to the page as text, never as HTML. Nothing that is
 * old may look new: when the events stop, every tile says so. docs/web.md.
 */
"use strict";
(() => {
	const WORDS = window.FLASHLINE_WORDS;
	const STALE_MS = 6000; /* the station says something every 2 s */
	const SCAN_GAP_MS = 60; /* between two keys: nobody types so fast, every scanner does */
	const SCAN_KEYS = 4;
	const SAME_SCAN_MS = 2000;
	const TODO_MAX = 64;
	const OUT_LETTERS_MAX = 60; /* green tiles are seen; the room is for those that need somebody */

	const NO_SCAN = ["search-for"]; /* fields that want what is scanned for themselves */

	const $ = (id) => document.getElementById(id);
	const model = { head: {}, tiles: new Map(), live: new Map(), order: [] };
	const tiles = new Map(); /* number -> what was drawn for it */
	let language = "en";
	let heardAt = 0; /* performance.now() of the last event */
	let heardTime = 0; /* the station's clock then, UTC in ms */
	let silentSince = 0; /* the station's loop itself is silent */
	let isStale = true;
	let source = null;
	let isIn = false, mayRead = true;
	let isFirst = true; /* nothing is announced that was there before us */

	/* ---- words ---- */

	function has(key) {
		return Object.hasOwn(WORDS.en, key);
	}

	function t(key, values) {
		const words = WORDS[language];
		let text = Object.hasOwn(words, key) ? words[key] : has(key) ? WORDS.en[key] : key;

		for (const [name, value] of Object.entries(values || {}))
			text = text.replaceAll("{" + name + "}", String(value));
		return text;
	}

	function reasonOf(code) {
		return has("reason." + code) ? t("reason." + code) : code;
	}

	function sentenceOf(code) {
		return has("status." + code) ? t("status." + code) : "";
	}

	function remember(name, value) {
		try {
			localStorage.setItem("flashline." + name, value);
		} catch (e) { /* a browser without a memory forgets */ }
	}

	function remembered(name) {
		try {
			return localStorage.getItem("flashline." + name);
		} catch (e) {
			return null;
		}
	}

	function chooseLanguage(name) {
		language = name;
		document.documentElement.lang = name === "zh" ? "zh-Hans" : name;
		for (const el of document.querySelectorAll("[data-t]"))
			el.textContent = t(el.dataset.t);
		for (const el of document.querySelectorAll("[data-t-label]"))
			el.setAttribute("aria-label", t(el.dataset.tLabel));
		for (const el of document.querySelectorAll("[data-t-placeholder]"))
			el.placeholder = t(el.dataset.tPlaceholder);
		for (const el of document.querySelectorAll("[data-language]"))
			el.setAttribute("aria-pressed", String(el.dataset.language === name));
		drawSound();
		drawAll();
	}

	function firstLanguage() {
		const wanted = [remembered("language"), ...(navigator.languages || [])];

		for (const name of wanted) {
			const short = (name || "").slice(0, 2);

			if (Object.hasOwn(WORDS, short))
				return short;
		}
		return "en";
	}

	/* ---- making elements ---- */

	function make(tag, className, text) {
		const el = document.createElement(tag);

		if (className)
			el.className = className;
		if (text !== undefined)
			el.textContent = text;
		return el;
	}

	function shape(name) {
		const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
		const use = document.createElementNS("http://www.w3.org/2000/svg", "use");

		svg.setAttribute("class", "shape");
		svg.setAttribute("aria-hidden", "true");
		svg.setAttribute("viewBox", "0 0 24 24");
		use.setAttribute("href", "#i-" + name);
		svg.append(use);
		return svg;
	}

	function setText(el, text) {
		if (el.textContent !== text)
			el.textContent = text;
	}

	function clockText(utcMs, withSeconds) {
		const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

		if (withSeconds)
			options.second = "2-digit";
		return new Date(utcMs).toLocaleTimeString(document.documentElement.lang, options);
	}

	function secondsText(s) {
		return s < 100 ? t("unit.seconds", { n: s })
			: t("unit.minutes", { n: Math.floor(s / 60), s: String(s % 60).padStart(2, "0") });
	}

	/* The end of a MAC tells units apart; a serial number is shown whole. */
	function unitText(tile) {
		return tile.serial || (tile.mac ? "··" + tile.mac.slice(-8) : "");
	}

	/* ---- one tile: what it shows, then drawing it ---- */

	const AT_WORK = ["starting", "opening", "running", "storing"];

	function lockOf(n) {
		return (model.head.locks || []).find((lock) => lock.slot === n);
	}

	function lineLock() {
		return (model.head.locks || []).find((lock) => !lock.slot);
	}

	/* Nothing but a golden unit is missing: then plugging in is what is asked for. */
	function isGoldenDue() {
		const ofLine = (model.head.locks || []).filter((lock) => !lock.slot);

		return ofLine.length > 0 && ofLine.every((lock) => lock.code === "GOLDEN_DUE");
	}

	function labelLine(tile) {
		return tile.label && tile.label !== "none" ? t("label." + tile.label) : "";
	}

	/* Of a slot that works: step, percent, seconds left. */
	function faceAtWork(tile, live) {
		const left = live.away ? t("tile.away") : live.left !== undefined
			? t("tile.left", { time: secondsText(live.left) }) : "";

		return {
			kind: "work", shape: tile.golden ? "golden" : "work",
			word: live.step ? t("step." + live.step) : t("state." + live.state),
			part: live.percent,
			pair: [live.percent !== undefined ? live.percent + " %" : "", left],
			lines: [unitText(tile), live.try > 1 ? t("tile.try", { n: live.try }) : ""],
		};
	}

	/* Of a slot with a result. */
	function faceDone(tile, live) {
		const isPass = tile.outcome === "PASS";
		const face = {
			kind: tile.outcome, shape: tile.outcome, word: t("outcome." + tile.outcome),
			/* The end of a number is what tells it from the next: it gets the room. */
			pair: [unitText(tile), live.took && !tile.serial ? secondsText(live.took) : ""],
			lines: [], remedy: "",
		};

		if (tile.code === "ALREADY_FINISHED") {
			face.kind = "before";
			face.shape = tile.before_outcome;
			face.word = t("tile.before", { outcome: t("outcome." + tile.before_outcome) });
		}
		if (tile.golden && isPass)
			face.word = t("tile.golden_ok");
		if (!isPass)
			face.lines.push(reasonOf(tile.code));
		else if (labelLine(tile))
			face.lines.push(labelLine(tile));
		else
			face.lines.push(tile.gone ? t("tile.gone") : t("tile.take_out"));
		if (!tile.stored && tile.code !== "ALREADY_FINISHED")
			face.lines.unshift(t("tile.not_stored"));
		face.remedy = isPass ? tile.label_text || "" : tile.hint || sentenceOf(tile.code);
		return face;
	}

	function faceNone(tile, live, lock) {
		const state = live.state;
		const face = { kind: state, shape: state === "empty" ? "empty" : "wait",
			word: t("state." + state), lines: [], pair: [unitText(tile), ""] };

		if (state === "empty" && tile.disabled) {
			face.kind = "off";
			face.shape = "off";
			face.word = t("tile.off");
		} else if (state === "empty" && !lock && isGoldenDue()) {
			face.shape = "golden";
			face.word = t("tile.golden_due");
		} else if (state === "empty" && (lock || lineLock())) {
			face.shape = "locked";
			face.word = t("tile.locked");
		}
		if (state === "not started")
			face.kind = "empty";
		if (tile.retest)
			face.lines.push(t("tile.retest"));
		return face;
	}

	function faceOf(n) {
		const tile = model.tiles.get(n) || { n }, live = model.live.get(n) || { state: "empty" };
		const lock = lockOf(n);
		let face;

		if (live.state === "done" && tile.outcome)
			face = faceDone(tile, live);
		else if (AT_WORK.includes(live.state))
			face = faceAtWork(tile, live);
		else
			face = faceNone(tile, live, lock);
		face.classes = ["tile", face.kind];
		if (lock) {
			face.classes.push("locked");
			if (live.state !== "empty")
				face.lines.push(t("tile.locked"));
		}
		if (tile.golden)
			face.classes.push("golden");
		if (tile.gone)
			face.classes.push("gone");
		if (isStale) {
			face.lines = live.state === "empty" ? [] : [t("stale.was", { word: face.word })];
			face.word = "?";
			face.shape = "old";
			face.pair = ["", ""];
			face.remedy = "";
			face.part = undefined;
		}
		return face;
	}

	function spokenFace(n, face) {
		return [t("head.slot", { n }), face.word, ...face.lines, ...face.pair, face.remedy]
			.filter(Boolean).join(", ");
	}

	function newTile(n) {
		const el = make("button"), inner = make("span", "in");
		const drawn = { el, face: "", number: make("span", "number", String(n)),
			word: make("span", "word"), lines: make("span", "lines"), fill: make("span", "fill"),
			use: null, kind: "" };
		const svg = shape("empty");

		drawn.use = svg.firstChild;
		el.type = "button";
		el.dataset.slot = String(n);
		inner.append(drawn.number, svg, drawn.word, drawn.lines);
		el.append(drawn.fill, inner);
		el.addEventListener("click", () => openSlot(n));
		return drawn;
	}

	function drawLines(el, face) {
		const pair = make("span", "pair");

		el.replaceChildren();
		for (const line of face.lines)
			if (line)
				el.append(make("span", "", line));
		if (face.remedy)
			el.append(make("span", "remedy", face.remedy));
		pair.append(make("span", "unit", face.pair[0]), make("span", "", face.pair[1]));
		if (face.pair[0] || face.pair[1])
			el.append(pair);
		/* Where there is room for one line alone. */
		const first = face.kind === "work" ? pair : el.firstChild;
		if (first)
			first.classList.add("first");
	}

	/* How wide a word is, in Latin letters: it has to fit into its tile. */
	function lettersOf(word) {
		const letters = [...word].reduce((sum, c) => sum + (c.codePointAt(0) > 0x2e80 ? 1.45 : 1), 0);

		return Math.max(letters, 6);
	}

	function drawTile(n) {
		const drawn = tiles.get(n);
		const face = faceOf(n), text = JSON.stringify(face);

		if (!drawn || drawn.face === text)
			return;
		drawn.face = text;
		drawn.el.className = face.classes.join(" ");
		drawn.use.setAttribute("href", "#i-" + face.shape);
		setText(drawn.word, face.word);
		drawn.word.style.setProperty("--letters", String(lettersOf(face.word)));
		drawLines(drawn.lines, face);
		drawn.fill.style.setProperty("--part", (face.part || 0) + "%");
		drawn.el.setAttribute("aria-label", spokenFace(n, face));
	}

	/* ---- layout: as the fixture, else as large as it goes ---- */

	function columnsFor(count) {
		const room = $("tiles").getBoundingClientRect();
		let best = 1, bestSize = 0;

		for (let columns = 1; columns <= count; columns++) {
			const width = room.width / columns, height = room.height / Math.ceil(count / columns);
			const size = Math.min(width / 1.5, height); /* a tile likes 3 to 2 */

			if (size > bestSize) {
				best = columns;
				bestSize = size;
			}
		}
		return best;
	}

	function drawLayout() {
		const numbers = model.order;
		const isSame = numbers.length === tiles.size && numbers.every((n) => tiles.has(n));
		const columns = model.head.columns || columnsFor(Math.max(numbers.length, 1));

		$("tiles").style.setProperty("--columns", String(columns));
		$("tiles").dataset.columns = String(columns);
		if (isSame)
			return;
		tiles.clear();
		$("tiles").replaceChildren();
		for (const n of numbers) {
			const drawn = newTile(n);

			tiles.set(n, drawn);
			$("tiles").append(drawn.el);
		}
	}

	/* Arrow keys go from tile to tile. */
	$("tiles").addEventListener("keydown", (e) => {
		const all = [...$("tiles").children], at = all.indexOf(document.activeElement);
		const columns = Number($("tiles").dataset.columns) || 1;
		const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[e.key];

		if (at < 0 || !step || !all[at + step])
			return;
		all[at + step].focus();
		e.preventDefault();
	});

	/* ---- the head ---- */

	function percentText(k, n) {
		return n ? (Math.floor(k * 1000 / n) / 10).toLocaleString(document.documentElement.lang,
			{ minimumFractionDigits: 1 }) + " %" : "–";
	}

	function drawBatch(head) {
		const isCounted = head.batch_of !== undefined && head.batch_of > 0;
		const left = isCounted ? Math.max(head.batch_of - head.batch_passed, 0) : 0;

		setText($("batch-count"), isCounted ? head.batch_passed + " / " + head.batch_of
			: head.batch || "–");
		$("batch-bar").hidden = !isCounted;
		if (isCounted)
			$("batch-bar").value = Math.min(head.batch_passed / head.batch_of, 1);
		setText($("batch-name"), !head.batch ? t("head.no_batch") : !isCounted ? ""
			: head.batch + " · " + (left ? t("head.to_go", { n: left }) : t("head.batch_full")));
	}

	function drawPlant(plant) {
		$("plant-box").hidden = !plant;
		if (!plant)
			return;
		$("plant").classList.toggle("bad", !plant.connected || Boolean(plant.alarm));
		setText($("plant"), plant.alarm ? t("plant.alarm") : plant.connected ? t("plant.connected")
			: t("plant.away"));
		setText($("plant-more"), plant.pending ? t("plant.pending", { n: plant.pending }) : "");
		$("plant-box").title = plant.alarm || plant.trouble || "";
	}

	function drawHead() {
		const head = model.head, c = head.counts || {};
		const isJudged = c.passed || c.failed; /* errors alone say nothing about units */

		setText($("station"), head.station || "Flashline");
		setText($("recipe"), head.recipe ? head.recipe + " · " + t("head.revision",
			{ n: head.revision }) + (head.product ? " · " + head.product : "") : "");
		drawBatch(head);
		setText($("first-pass"), isJudged ? percentText(c.first_passed, c.first_units) : "–");
		setText($("first-of"), isJudged ? t("head.of", { k: c.first_passed, n: c.first_units }) : "");
		setText($("units"), String(c.units || 0));
		setText($("units-passed"), t("head.passed", { n: c.passed || 0 }) + " · ");
		setText($("units-not"), t("head.not_passed", { n: (c.failed || 0) + (c.errors || 0) }));
		setText($("operator"), head.operator || t("head.nobody"));
		setText($("bound"), head.bound_serial ? t("head.bound", { serial: head.bound_serial }) : "");
		drawPlant(head.plant);
		document.title = (head.station ? head.station + " – " : "") + "Flashline";
	}

	let approvalOf = "";
	async function drawApproval() {
		const digest = model.head.digest;

		if (!digest || !model.head.records || approvalOf === digest)
			return;
		approvalOf = digest;
		const answer = await get("/api/recipe?id=" + encodeURIComponent(digest));
		const state = !answer ? "" : answer.approved ? "head.approved"
			: answer.retired ? "head.retired" : "";

		$("approval").dataset.state = state;
		$("approval").classList.toggle("bad", state === "head.retired");
		setText($("approval"), state ? t(state) : "");
	}

	/* ---- alarms ---- */

	function alarm(kind, title, why, button) {
		const el = make("div", kind);

		el.append(shape(kind.includes("quiet") ? "wait" : "locked"), make("strong", "", title),
			make("span", "why", why));
		if (button)
			el.append(button);
		return el;
	}

	function lockAlarm(lock) {
		const key = "lock." + lock.code;
		const name = has(key + ".name") ? t(key + ".name") : lock.code;
		const button = make("button", "", t("action.unlock"));
		const why = (has(key) ? t(key) : lock.sentence) + (lock.detail ? " (" + lock.detail + ")" : "");

		button.type = "button";
		button.addEventListener("click", () => askUnlock(lock));
		return alarm("alarm", lock.slot ? t("lock.slot", { n: lock.slot, name })
			: t("lock.line", { name }), why, lock.code === "RECORDS_FAILED" ? null : button);
	}

	let drawnAlarms = "";
	function drawAlarms() {
		const head = model.head, locks = head.locks || [];
		const text = JSON.stringify([locks, head.draining, head.stopping, head.ended,
			head.next_recipe, language]);
		const all = [];

		if (drawnAlarms === text)
			return;
		drawnAlarms = text;
		for (const lock of locks.filter((l) => !l.slot))
			all.push(lockAlarm(lock));
		for (const lock of locks.filter((l) => l.slot).slice(0, 2))
			all.push(lockAlarm(lock));
		if (locks.filter((l) => l.slot).length > 2)
			all.push(alarm("alarm", t("todo.more", { n: locks.filter((l) => l.slot).length - 2 }), ""));
		if (head.ended)
			all.push(alarm("alarm", t("head.ended"), ""));
		else if (head.stopping)
			all.push(alarm("alarm quiet", t("head.stopping"), ""));
		else if (head.next_recipe)
			all.push(alarm("alarm quiet", t("head.next_recipe", { recipe: head.next_recipe }), ""));
		else if (head.draining)
			all.push(alarm("alarm quiet", t("head.draining"), ""));
		$("alarms").replaceChildren(...all);
	}

	/* ---- what to do ---- */

	const URGENCY = { FAIL: 1, ERROR: 2, TIMEOUT: 3, ABORTED: 5 };

	function todoOf(n) {
		const tile = model.tiles.get(n), live = model.live.get(n);

		if (!tile || !live || live.state !== "done" || !tile.outcome || tile.gone)
			return null;
		if (tile.outcome !== "PASS")
			return { n, kind: tile.outcome, rank: URGENCY[tile.outcome], name: reasonOf(tile.code),
				what: tile.hint || sentenceOf(tile.code) };
		if (["to_scan", "mismatch", "failed"].includes(tile.label))
			return { n, kind: tile.label === "to_scan" ? "label" : "ERROR",
				rank: tile.label === "to_scan" ? 4 : 1, name: t("label." + tile.label),
				what: tile.label_text || t("label.do." + tile.label) };
		return null;
	}

	/* Slots with the same trouble and the same remedy: one row. Most urgent first. */
	function todoRows() {
		const rows = new Map();

		for (const item of model.order.map(todoOf).filter(Boolean)) {
			const key = JSON.stringify([item.rank, item.kind, item.name, item.what]);

			if (rows.has(key))
				rows.get(key).slots.push(item.n);
			else
				rows.set(key, { ...item, slots: [item.n] });
		}
		return [...rows.values()].sort((a, b) => a.rank - b.rank || a.n - b.n);
	}

	/* 1, 2, 3, 7: "1–3 7". model.order has them as they stand on the fixture. */
	function slotsText(slots) {
		const parts = [];
		let from = 0;

		for (let i = 0; i < slots.length; i++) {
			const next = model.order[model.order.indexOf(slots[i]) + 1];

			if (slots[i + 1] !== undefined && slots[i + 1] === next)
				continue;
			parts.push(i === from ? String(slots[i])
				: slots[from] + (i === from + 1 ? " " : "–") + slots[i]);
			from = i + 1;
		}
		return parts.join(" ");
	}

	/* What is to be done where no slot needs anybody. */
	function idleText() {
		const head = model.head;
		const isFree = model.order.some((n) => (model.live.get(n) || {}).state === "empty"
			&& !(model.tiles.get(n) || {}).disabled);

		if (head.draining || head.stopping || head.ended)
			return t("todo.nothing");
		if (lineLock())
			return t(isGoldenDue() ? "lock.GOLDEN_DUE" : "todo.locked");
		return t(isFree ? "todo.plug_in" : "todo.nothing");
	}

	let drawnTodo = "";
	function drawTodo() {
		const list = todoRows();
		const out = model.order.filter((n) => {
			const tile = model.tiles.get(n), live = model.live.get(n);

			return live && live.state === "done" && tile && tile.outcome === "PASS" && !tile.gone
				&& !["to_scan", "mismatch", "printing"].includes(tile.label);
		});
		const idle = idleText();
		const text = JSON.stringify([list, out, language, idle]);

		if (drawnTodo === text)
			return;
		drawnTodo = text;
		$("todo-list").replaceChildren(...list.slice(0, TODO_MAX).map((item) => {
			const li = make("li", item.slots.length > 1 ? "many" : ""), button = make("button");

			button.type = "button";
			button.append(make("span", "no " + item.kind, slotsText(item.slots)),
				make("span", "name", item.name), make("span", "what", item.what));
			button.addEventListener("click", () => openSlot(item.n));
			li.dataset.count = String(item.slots.length);
			li.append(button);
			return li;
		}));
		$("todo-out").replaceChildren();
		if (out.length)
			$("todo-out").append(make("b", "", t("todo.out", { n: out.length })),
				slotsText(out).length > OUT_LETTERS_MAX ? "" : ": " + slotsText(out));
		else if (!list.length)
			$("todo-out").textContent = idle;
		drawTodoMore();
	}

	/* Large letters where all of it has room; else what has no room is counted, not cut. */
	function drawTodoMore() {
		const rows = [...$("todo-list").children];
		const isCut = (li) => li.getBoundingClientRect().bottom
			> $("todo-list").getBoundingClientRect().bottom + 4;
		let hidden = 0;

		setText($("todo-more"), "");
		$("todo").classList.add("roomy");
		if ($("todo").scrollHeight > $("todo").clientHeight + 1 || rows.some(isCut))
			$("todo").classList.remove("roomy");
		if (rows.some(isCut))
			setText($("todo-more"), t("todo.more", { n: rows.length })); /* it takes room itself */
		for (const li of rows) {
			const isOut = isCut(li);

			li.classList.toggle("cut", isOut);
			if (isOut)
				hidden += li.dataset.count ? Number(li.dataset.count) : 1;
		}
		setText($("todo-more"), hidden ? t("todo.more", { n: hidden }) : "");
	}

	function drawAll() {
		drawHead();
		drawApproval();
		if ($("approval").dataset.state)
			setText($("approval"), t($("approval").dataset.state));
		drawAlarms();
		drawLayout();
		for (const n of model.order)
			drawTile(n);
		drawTodo();
		drawConnection();
	}

	/* ---- sounds ---- */

	let audio = null, wantsSound = remembered("sound") === "on";

	function drawSound() {
		const isReady = wantsSound && audio && audio.state === "running";

		setText($("sound-word"), t(isReady ? "sound.on" : wantsSound ? "sound.tap" : "sound.off"));
		$("sound").setAttribute("aria-pressed", String(Boolean(isReady)));
	}

	/* A browser lets no page sound before somebody has touched it. */
	async function startSound() {
		if (!wantsSound || !window.AudioContext)
			return;
		audio = audio || new AudioContext();
		try {
			await audio.resume();
		} catch (e) { /* at the next touch */ }
		drawSound();
	}

	/* [Hz, begins at s, lasts s] */
	const TONES = {
		pass: [[784, 0, .09], [1175, .1, .16]],
		fail: [[196, 0, .22], [147, .25, .22], [196, .5, .22], [147, .75, .3]],
		attention: [[587, 0, .12], [587, .2, .12], [440, .4, .2]],
	};
	const LOUDEST = ["fail", "attention", "pass"];
	let playedUntil = 0, waiting = "";

	/* One sound at a time: of what comes meanwhile the worst is played afterwards. */
	function play(name) {
		if (!name || !wantsSound || !audio || audio.state !== "running")
			return;
		if (audio.currentTime < playedUntil) {
			if (!waiting)
				setTimeout(() => {
					const next = waiting;

					waiting = "";
					play(next);
				}, (playedUntil - audio.currentTime) * 1000 + 80);
			if (!waiting || LOUDEST.indexOf(name) < LOUDEST.indexOf(waiting))
				waiting = name;
			return;
		}
		for (const [hz, at, lasts] of TONES[name]) {
			const tone = audio.createOscillator(), volume = audio.createGain();
			const from = audio.currentTime + at;

			tone.type = name === "fail" ? "square" : "triangle";
			tone.frequency.value = hz;
			volume.gain.setValueAtTime(0, from);
			volume.gain.linearRampToValueAtTime(name === "fail" ? .18 : .35, from + .01);
			volume.gain.setValueAtTime(name === "fail" ? .18 : .35, from + lasts - .03);
			volume.gain.linearRampToValueAtTime(0, from + lasts);
			tone.connect(volume).connect(audio.destination);
			tone.start(from);
			tone.stop(from + lasts);
			playedUntil = Math.max(playedUntil, from + lasts);
		}
		document.documentElement.dataset.played = name;
	}

	$("sound").addEventListener("click", () => {
		wantsSound = !(wantsSound && audio && audio.state === "running");
		remember("sound", wantsSound ? "on" : "off");
		if (wantsSound)
			startSound().then(() => play("pass"));
		drawSound();
	});
	document.addEventListener("pointerdown", startSound);

	/* ---- what is new is told: by sound, and to who cannot see ---- */

	function announce(before) {
		const said = [];
		let worst = "";

		for (const n of model.order) {
			const tile = model.tiles.get(n), live = model.live.get(n);
			const isDone = live && live.state === "done" && tile && tile.outcome;

			if (!isDone || before.get(n) === toldOf(tile))
				continue;
			said.push(spokenFace(n, faceOf(n)));
			if (tiles.has(n)) {
				tiles.get(n).el.classList.add("fresh");
			}
			if (tile.outcome === "FAIL")
				worst = "fail";
			else if (tile.outcome !== "PASS" || ["to_scan", "mismatch", "failed"].includes(tile.label))
				worst = worst === "fail" ? worst : "attention";
			else
				worst = worst || "pass";
		}
		if (said.length)
			setText($("spoken"), said.slice(0, 5).join(". "));
		return worst;
	}

	/* A label that is only printed is nothing new about a result. */
	function toldOf(tile) {
		const isNews = ["to_scan", "scanned", "mismatch", "failed"].includes(tile.label);

		return tile.visit + tile.code + (isNews ? tile.label : "");
	}

	/* What came of a request later (a recipe with errors), and nobody would see: locks are alarms,
	 * and who asked for something has the answer. */
	function tellNotice(before) {
		const known = new Set(before.map((notice) => notice.time + notice.text));
		const news = (model.head.notices || []).find((notice) =>
			!known.has(notice.time + notice.text) && !/^(web: |[A-Z_]+(:| is over))/.test(notice.text));

		if (news)
			toast((news.slot ? t("head.slot", { n: news.slot }) + ": " : "") + news.text, false);
	}

	function told() {
		const all = new Map();

		for (const n of model.order) {
			const tile = model.tiles.get(n), live = model.live.get(n);

			if (live && live.state === "done" && tile && tile.outcome)
				all.set(n, toldOf(tile));
		}
		return all;
	}

	/* ---- the events ---- */

	function take(message) {
		const before = told(), locksBefore = (model.head.locks || []).length;
		const noticesBefore = model.head.notices || [];
		const wasStale = isStale;

		heardAt = performance.now();
		heardTime = message.now;
		silentSince = message.silent > STALE_MS ? message.now - message.silent : 0;
		if (message.full) {
			model.tiles.clear();
			model.live.clear();
		}
		if (message.head)
			model.head = message.head;
		for (const tile of message.tiles)
			model.tiles.set(tile.n, tile);
		for (const live of message.live)
			model.live.set(live.n, live);
		model.order = [...model.tiles.keys()].sort((a, b) => a - b);
		isStale = Boolean(silentSince) && !model.head.ended;
		if (!isFirst && message.head)
			tellNotice(noticesBefore);
		document.body.classList.remove("starting");
		if (message.full || message.head || wasStale !== isStale) {
			drawAll();
		} else {
			drawLayout();
			for (const part of [...message.tiles, ...message.live])
				drawTile(part.n);
			drawTodo();
			drawConnection();
		}
		if (!isFirst && !isStale && !wasStale) {
			const sound = announce(before);
			const isLocked = (model.head.locks || []).length > locksBefore;

			if (sound || isLocked)
				play(isLocked && sound !== "fail" ? "attention" : sound);
		}
		isFirst = false;
	}

	function drawConnection() {
		const isLost = isStale && (heardAt || !mayRead);

		document.body.classList.toggle("stale", isStale);
		$("lost").hidden = !isLost || !mayRead;
		if (isLost) {
			setText($("lost-title"), t(silentSince ? "silent.title" : "stale.title"));
			setText($("lost-text"), t(silentSince ? "silent.text" : "stale.text",
				{ time: clockText(silentSince || heardTime, true) }));
		}
		if (heardAt && !isStale)
			setText($("clock"), clockText(heardTime, false));
		setText($("connection"), isStale ? t("stale.short") : t("head.connected"));
	}

	function becomeStale() {
		if (isStale)
			return;
		isStale = true;
		play("attention");
		for (const n of model.order)
			drawTile(n);
		drawConnection();
	}

	let listenedAt = 0;
	function listen() {
		if (source)
			source.close();
		listenedAt = performance.now();
		source = new EventSource("/events");
		source.onmessage = (e) => take(JSON.parse(e.data));
		source.onerror = async () => {
			/* A refusal is not tried again by itself: look why, then begin anew. */
			if (source.readyState !== EventSource.CLOSED)
				return;
			source.close();
			await askLogin();
			setTimeout(listen, 2000);
		};
	}

	setInterval(() => {
		const now = performance.now();

		if (heardAt && now - heardAt > STALE_MS) {
			becomeStale();
			/* A network that went away leaves a connection that never says so. */
			if (mayRead && now - listenedAt > 2 * STALE_MS)
				listen();
		}
		if (heardAt)
			setText($("clock"), clockText(heardTime + (performance.now() - heardAt), false));
	}, 500);

	/* ---- talking to the station ---- */

	async function get(path) {
		try {
			const answer = await fetch(path, { cache: "no-store", credentials: "same-origin" });

			return answer.ok ? await answer.json() : null;
		} catch (e) {
			return null;
		}
	}

	async function post(path, body) {
		try {
			const answer = await fetch(path, { method: "POST", cache: "no-store",
				credentials: "same-origin", headers: { "Content-Type": "application/json" },
				body: JSON.stringify(body) });
			const object = await answer.json();

			return { status: answer.status, ...object };
		} catch (e) {
			return { status: 0, error: t("stale.short") };
		}
	}

	let toastTimer = 0;
	function toast(text, isBad) {
		setText($("toast"), text);
		$("toast").className = "shown" + (isBad ? " bad" : "");
		clearTimeout(toastTimer);
		toastTimer = setTimeout(() => { $("toast").className = ""; }, isBad ? 8000 : 5000);
	}

	async function askLogin() {
		const state = await get("/api/login");

		if (!state)
			return;
		isIn = state.in;
		mayRead = state.may_read;
		if (!mayRead && !$("ask").open)
			await askToken();
	}

	/* true: this browser may change things now. */
	async function askToken() {
		const values = await ask(t("token.title"), t("token.text"), [
			{ name: "token", label: t("token.field"), type: "password", isNeeded: true },
		], t("token.go"), async (typed) => {
			const answer = await post("/api/login", { token: typed.token.trim() });

			return answer.status === 200 ? "" : answer.status === 403 ? t("token.wrong") : answer.error;
		});

		if (values) {
			isIn = mayRead = true;
			listen();
		}
		return Boolean(values);
	}

	/* Ask the line for something; the answer is shown. true: it was done. */
	async function request(body) {
		if (!isIn && !await askToken())
			return false;
		let answer = await post("/api/request", body);

		if (answer.status === 401) {
			isIn = false;
			if (!await askToken())
				return false;
			answer = await post("/api/request", body);
		}
		toast(answer.status === 200 ? answer.answer : t("answer.refused", { why: answer.error }),
			answer.status !== 200);
		return answer.status === 200;
	}

	/* ---- asking people ---- */

	/* fields: name, label, value, type, isNeeded. check(values) says what is wrong, "" nothing. */
	function ask(title, text, fields, go, check) {
		const inputs = new Map();
		const dialog = $("ask"), form = $("ask-form");

		setText($("ask-title"), title);
		setText($("ask-text"), text);
		setText($("ask-error"), "");
		setText($("ask-ok"), go);
		$("ask-fields").replaceChildren(...fields.map((field) => {
			const label = make("label", "", field.label), input = make("input");

			input.type = field.type || "text";
			input.name = field.name;
			input.value = field.value || "";
			input.maxLength = 240;
			input.required = Boolean(field.isNeeded);
			input.autocomplete = "off";
			inputs.set(field.name, input);
			label.append(input);
			return label;
		}));
		return new Promise((resolve) => {
			let result = null;

			form.onsubmit = async (e) => {
				const values = {};

				e.preventDefault();
				for (const [name, input] of inputs)
					values[name] = input.value;
				const wrong = check ? await check(values) : "";

				if (wrong) {
					setText($("ask-error"), wrong);
					return;
				}
				result = values;
				dialog.close();
			};
			dialog.onclose = () => {
				for (const input of inputs.values())
					input.value = "";
				resolve(result);
			};
			dialog.showModal();
		});
	}

	for (const button of document.querySelectorAll("[data-close]"))
		button.addEventListener("click", () => button.closest("dialog").close());

	const personField = () => ({ name: "operator", label: t("ask.operator"), isNeeded: true,
		value: model.head.operator || "" });
	const reasonField = () => ({ name: "text", label: t("ask.reason"), isNeeded: true });

	/* What is asked for with a name and a reason. */
	async function askAndRequest(kind, slot, title, fields, more) {
		if (!isIn && !await askToken())
			return;
		const values = await ask(title, t("ask.recorded"), fields, t("ask.go"));

		if (values)
			await request({ request: kind, ...(slot ? { slot } : {}), ...values, ...more });
	}

	function askUnlock(lock) {
		const name = has("lock." + lock.code + ".name") ? t("lock." + lock.code + ".name") : lock.code;

		return askAndRequest("unlock", lock.slot, t("action.unlock") + ": " + name,
			[personField(), reasonField()], { code: lock.code });
	}

	/* ---- a slot, opened ---- */

	function fact(list, name, value) {
		if (value === undefined || value === null || value === "")
			return;
		list.append(make("dt", "", t(name)), make("dd", "", String(value)));
	}

	function action(kind, label, onClick) {
		const button = make("button", "", t(label));

		button.type = "button";
		button.dataset.action = kind;
		button.addEventListener("click", onClick);
		return button;
	}

	function actionsOf(n, history) {
		const box = make("div", "buttons");
		const close = () => $("sheet").close();

		box.append(action("retest", "action.retest", async () => {
			if (await request({ request: "retest", slot: n }))
				close();
		}));
		if (history.disabled)
			box.append(action("enable", "action.enable", async () => {
				close();
				await askAndRequest("enable", n, t("action.enable") + ": " + t("head.slot", { n }),
					[personField()]);
			}));
		else
			box.append(action("disable", "action.disable", async () => {
				close();
				await askAndRequest("disable", n, t("action.disable") + ": " + t("head.slot", { n }),
					[personField(), reasonField()]);
			}));
		if (history.label)
			box.append(action("reprint", "action.reprint", async () => {
				close();
				await askAndRequest("reprint", n, t("action.reprint") + ": " + t("head.slot", { n }),
					[personField(), reasonField()]);
			}));
		return box;
	}

	function verdictOf(outcome, word) {
		const el = make("div", "verdict " + outcome);

		el.append(shape(outcome), make("span", "", word));
		return el;
	}

	function pastTable(past) {
		const table = make("table"), head = make("tr");

		for (const key of ["history.time", "history.result", "history.why", "history.unit", "history.took"])
			head.append(make("th", "", t(key)));
		table.append(head);
		for (const run of past) {
			const row = make("tr"), why = make("td", "", run.code === "OK" ? "" : reasonOf(run.code));

			row.append(make("td", "", clockText(run.end, true)),
				make("td", run.outcome, t("outcome." + run.outcome)), why,
				make("td", "", [run.serial, run.mac].filter(Boolean).join(" · ")),
				make("td", "", secondsText(Math.round(run.seconds))));
			table.append(row);
		}
		return table;
	}

	async function addLog(box, runId) {
		if (!runId || !model.head.records)
			return;
		try {
			const answer = await fetch("/api/run?id=" + encodeURIComponent(runId), { cache: "no-store" });

			if (!answer.ok)
				return;
			const text = await answer.text();

			if (text.trim())
				box.append(make("h3", "", t("history.log")), make("pre", "", text));
		} catch (e) { /* the sheet is good without it */ }
	}

	async function openSlot(n) {
		const history = await get("/api/history?slot=" + n);
		const body = $("sheet-body"), facts = make("dl", "facts");

		setText($("sheet-title"), t("head.slot", { n }));
		body.replaceChildren();
		if (!history) {
			body.append(make("p", "", t("stale.short")));
		} else {
			const face = faceOf(n);

			if (history.outcome) {
				body.append(verdictOf(history.outcome, t("outcome." + history.outcome)
					+ (history.code === "OK" ? "" : ": " + reasonOf(history.code))));
				body.append(make("p", "what", history.code === "OK" ? t("tile.take_out")
					: history.hint || sentenceOf(history.code)));
			} else {
				body.append(make("p", "", face.word));
			}
			fact(facts, "history.serial", history.serial);
			fact(facts, "history.mac", history.mac);
			fact(facts, "history.chip", history.chip);
			fact(facts, "history.detail", history.detail);
			fact(facts, "history.evidence", history.evidence === history.detail ? "" : history.evidence);
			fact(facts, "history.advice", history.advice);
			fact(facts, "history.suspects", history.suspects);
			fact(facts, "history.tried", history.rungs);
			fact(facts, "history.label", history.label_text || (history.label ? t("label." + history.label) : ""));
			fact(facts, "history.place", [history.place, history.bridge].filter(Boolean).join(" · "));
			fact(facts, "history.since", t("head.of", { k: history.passed, n: history.units }));
			body.append(facts, actionsOf(n, history));
			if (history.past.length)
				body.append(make("h3", "", t("history.past")), pastTable(history.past));
			addLog(body, history.run_id || (history.past[0] || {}).run_id);
		}
		$("sheet").dataset.slot = String(n);
		if (!$("sheet").open)
			$("sheet").showModal();
	}

	/* ---- the line: what concerns all slots ---- */

	/* Those that the station file lists, where it lists several. */
	async function addRecipes(box) {
		const answer = await get("/api/recipes");
		const paths = answer && answer.recipes.length > 1 ? answer.recipes : [];

		for (const path of paths) {
			const button = action("recipe", "action.recipe", async () => {
				$("sheet").close();
				await request({ request: "recipe", text: path });
			});

			button.textContent = t("action.recipe", { name: path.replace(/.*\//, "") });
			box.append(button);
		}
	}

	function openLine() {
		const body = $("sheet-body"), box = make("div", "buttons"), head = model.head;
		const close = () => $("sheet").close();

		setText($("sheet-title"), t("head.line"));
		box.append(
			head.draining
				? action("resume", "action.resume", async () => { close(); await request({ request: "resume" }); })
				: action("drain", "action.drain", async () => {
					close();
					await askAndRequest("drain", 0, t("action.drain"), []);
				}),
			action("batch", "action.batch", async () => {
				close();
				await askAndRequest("batch", 0, t("action.batch"),
					[{ name: "text", label: t("head.batch"), value: head.batch || "" }]);
			}),
			action("operator", "action.operator", () => { close(); askOperator(); }),
			action("recipe", "action.reload", async () => { close(); await request({ request: "recipe", text: "" }); }));
		addRecipes(box);
		if (isIn)
			box.append(action("logout", "action.logout", async () => {
				close();
				await post("/api/logout", {});
				isIn = false;
			}));
		body.replaceChildren(box);
		if ((head.notices || []).length) {
			const list = make("ul");

			body.append(make("h3", "", t("history.notices")), list);
			for (const notice of head.notices)
				list.append(make("li", "", clockText(notice.time, true) + "  "
					+ (notice.slot ? t("head.slot", { n: notice.slot }) + ": " : "") + notice.text));
		}
		delete $("sheet").dataset.slot;
		$("sheet").showModal();
	}

	function askOperator() {
		return askAndRequest("operator", 0, t("action.operator"),
			[{ name: "text", label: t("head.operator"), value: "" }]);
	}

	$("menu").addEventListener("click", openLine);
	$("operator").addEventListener("click", askOperator);

	/* ---- looking for a unit ---- */

	function unitPart(unit) {
		const [head, ...events] = unit, part = make("section");
		const facts = make("dl", "facts"), table = make("table"), top = make("tr");

		part.append(make("h3", "", [head.mac, ...(head.serials || [])].filter(Boolean).join(" · ")));
		fact(facts, "history.state", has("unit." + head.state) ? t("unit." + head.state) : head.state);
		fact(facts, "history.why", head.sentence);
		fact(facts, "history.chip", head.chip);
		part.append(facts);
		for (const key of ["history.time", "history.result", "history.why", "history.recipe", "history.station"])
			top.append(make("th", "", t(key)));
		table.append(top);
		for (const run of events.filter((e) => e.event === "run").reverse()) {
			const row = make("tr");

			row.append(make("td", "", new Date(run.time).toLocaleString(document.documentElement.lang)),
				make("td", run.outcome || "", run.outcome ? t("outcome." + run.outcome) : t("state.running")),
				make("td", "", !run.code || run.code === "OK" ? "" : reasonOf(run.code)),
				make("td", "", run.recipe ? run.recipe + " r" + run.recipe_revision : ""),
				make("td", "", run.station || ""));
			table.append(row);
		}
		if (table.children.length > 1)
			part.append(table);
		return part;
	}

	async function search(text) {
		const found = await get("/api/unit?q=" + encodeURIComponent(text));
		const body = $("sheet-body");

		setText($("sheet-title"), t("search.title", { text }));
		body.replaceChildren();
		if (!found)
			body.append(make("p", "", t("search.failed")));
		else if (!found.units.length)
			body.append(make("p", "", t("search.none")
				+ (found.near.length ? " " + t("search.near", { list: found.near.join(", ") }) : "")));
		for (const n of found ? found.slots : []) {
			const box = make("div", "buttons"), button = action("slot", "head.slot", () => openSlot(n));

			button.textContent = t("search.in_slot", { n });
			box.append(button);
			body.append(box);
		}
		for (const unit of found ? found.units : [])
			body.append(unitPart(unit));
		delete $("sheet").dataset.slot;
		if (!$("sheet").open)
			$("sheet").showModal();
	}

	$("search").addEventListener("submit", (e) => {
		const text = $("search-for").value.trim();

		e.preventDefault();
		if (text.length >= 3)
			search(text);
		$("search-for").value = "";
		$("search-for").blur();
	});

	/* ---- a scanner that types ---- */

	const scan = { keys: "", at: 0, field: null, was: "", last: "", lastAt: -SAME_SCAN_MS };

	function scanned(code) {
		const now = performance.now();

		if (code === scan.last && now - scan.lastAt < SAME_SCAN_MS)
			return;
		scan.last = code;
		scan.lastAt = now;
		toast(t("scan.read", { code }));
		request({ request: "scan", text: code });
	}

	/* Wherever the keys went, a scan goes to the line, but for the field that looks for units. */
	document.addEventListener("keydown", (e) => {
		const now = performance.now(), field = e.target;
		const isText = field instanceof HTMLInputElement;

		if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing)
			return;
		if (now - scan.at > SCAN_GAP_MS || scan.field !== (isText ? field : null)) {
			scan.keys = "";
			scan.field = isText ? field : null;
			scan.was = isText ? field.value : "";
		}
		scan.at = now;
		if (e.key === "Enter" && scan.keys.length >= SCAN_KEYS) {
			const code = scan.keys;

			scan.keys = "";
			if (NO_SCAN.includes(field.id) || field.type === "password")
				return;
			e.preventDefault();
			e.stopPropagation();
			if (isText)
				field.value = scan.was;
			scanned(code);
		} else if (e.key.length === 1) {
			scan.keys += e.key;
			if (!isText && e.key === " " && scan.keys.length > 1)
				e.preventDefault(); /* it would press the button that has the focus */
		} else if (e.key !== "Shift") {
			scan.keys = "";
		}
	}, true);

	/* ---- the beginning ---- */

	/* The token of this start may stand behind the #: it is used once, and taken out. */
	async function begin() {
		const token = /^#token=([!-~]+)$/.exec(location.hash);

		if (token) {
			history.replaceState(null, "", location.pathname);
			isIn = (await post("/api/login", { token: token[1] })).status === 200;
		}
		await askLogin();
		listen();
	}

	for (const button of document.querySelectorAll("[data-language]"))
		button.addEventListener("click", () => {
			remember("language", button.dataset.language);
			chooseLanguage(button.dataset.language);
		});
	window.addEventListener("resize", () => {
		drawLayout();
		drawTodoMore();
	});
	$("report").addEventListener("click", () => { $("report").href = "/report"; });
	chooseLanguage(firstLanguage());
	begin();
})();
