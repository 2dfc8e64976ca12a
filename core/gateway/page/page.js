// Draws what GET /status tells, every two seconds while the page is seen. Names come from clients: they become text nodes,
// never markup. What is kept: the calls and states of the last WINDOW seconds, and of those CALLS_MAX and ROWS_MAX at most.
"use strict";
(() => {
  const POLL_MS = 2000, PATIENCE_MS = 10000, WINDOW = 900, WINDOW_MIN = 60, GAP = 10;
  const CALLS_MAX = 2000, ROWS_MAX = 60, NAME_MAX = 200, COLOURS = 8;
  const SVG = "http://www.w3.org/2000/svg";
  const $ = (id) => document.getElementById(id);
  const calls = new Map(), lines = new Map(), colours = new Map(), rows = new Map(), targetRows = new Map();
  let key = "", timer = 0, busy = false, status = null, first = 0;

  function make(name, parent, text, css) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (css) made.className = css;
    if (parent) parent.append(made);
    return made;
  }
  function draw(name, parent, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    if (parent) parent.append(made);
    return made;
  }
  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }
  const short = (text) => (text.length > NAME_MAX ? text.slice(0, NAME_MAX) + "..." : text);
  const targetOf = (provider, model) => short(model ? provider + " " + model : provider);

  function time(ms) {
    if (ms === undefined) return "-";
    if (ms < 1) return "<1 ms";
    if (ms < 1000) return Math.round(ms) + " ms";
    return ms < 1e5 ? (ms / 1000).toFixed(ms < 1e4 ? 2 : 1) + " s" : Math.round(ms / 1000) + " s";
  }
  function span(seconds) {
    if (seconds < 100) return Math.ceil(seconds) + " s";
    if (seconds < 6000) return Math.round(seconds / 60) + " min";
    return seconds < 172800 ? Math.round(seconds / 3600) + " h" : Math.round(seconds / 86400) + " days";
  }
  const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
  function rank(values, share) {
    if (values.length === 0) return undefined;
    const sorted = values.slice().sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }

  // What a call says of its target: the attempt that served or, where none did, the last one that was made.
  function servedBy(call) {
    const asked = call.attempts.filter((attempt) => attempt.reason !== "skipped");
    const by = asked.find((attempt) => !attempt.error) || asked[asked.length - 1];
    if (by) return targetOf(by.provider, by.model);
    return call.provider ? targetOf(call.provider, call.model) : "nobody";
  }
  function colourOf(target) {
    if (!colours.has(target)) colours.set(target, colours.size % COLOURS);
    return "t" + colours.get(target);
  }

  // The chain in force first, in its order; then what else was asked.
  function targetsOf(told) {
    const chain = told.chains.find((one) => one.name === told.chain);
    const order = chain ? chain.targets : [], out = [], seen = new Set();
    const add = (name, place, lane) => {
      if (seen.has(name)) return;
      seen.add(name);
      out.push({ name, place, lane });
    };
    order.forEach((target, at) => {
      const lanes = told.lanes.filter((lane) =>
        lane.provider === target.provider && (!target.model || lane.model === target.model));
      for (const lane of lanes) add(targetOf(lane.provider, lane.model), String(at + 1), lane);
      if (lanes.length === 0) add(targetOf(target.provider, target.model), String(at + 1), null);
    });
    for (const lane of told.lanes) add(targetOf(lane.provider, lane.model), "", lane);
    return out;
  }
  function stateOf(lane) {
    if (!lane) return "";
    if (lane.breaker === "closed" && lane.rests_for !== undefined) return "resting";
    return lane.breaker;
  }
  function wordOf(lane) {
    if (!lane) return "not asked yet";
    const state = stateOf(lane);
    if (state === "resting") return "resting, " + span(lane.rests_for);
    if (state === "open" && lane.reopens_in !== undefined) return "open, " + span(lane.reopens_in);
    if (lane.probing) return state + ", probing";
    return lane.failures > 0 ? state + ", " + lane.failures + " failed" : state;
  }

  function keep(told) {
    for (const call of told.calls) if (!calls.has(call.id)) calls.set(call.id, { ...call, target: servedBy(call) });
    for (const [id, call] of calls) if (call.ended < told.now - WINDOW) calls.delete(id);
    const extra = [...calls.values()].sort((a, b) => a.ended - b.ended).slice(0, Math.max(0, calls.size - CALLS_MAX));
    for (const call of extra) calls.delete(call.id);
    for (const { name, lane } of targetsOf(told).slice(0, ROWS_MAX)) note(name, stateOf(lane), told.now);
    for (const [name, parts] of lines) {
      while (parts.length > 0 && parts[0].to < told.now - WINDOW) parts.shift();
      if (parts.length === 0) lines.delete(name);
    }
  }
  function note(name, state, now) {
    if (!lines.has(name)) lines.set(name, []);
    const parts = lines.get(name), last = parts[parts.length - 1];
    const near = last && now - last.to < GAP;
    if (near) last.to = now;
    if (!near || last.state !== state) parts.push({ from: now, to: now, state });
  }
  function beginOf(now) {
    let begin = Math.min(first, now);
    for (const call of calls.values()) begin = Math.min(begin, call.ended);
    return Math.max(now - WINDOW, Math.min(begin, now - WINDOW_MIN));
  }

  function showHead(told) {
    const sum = (member) => told.loops.reduce((all, loop) => all + loop[member], 0);
    put($("version"), told.version);
    put($("state"), told.draining ? "draining" : "serving");
    $("state").className = told.draining ? "failed" : "";
    put($("since"), new Date(told.started * 1000).toLocaleString([], { hour12: false }) + " (" +
      span(told.now - told.started) + ")");
    put($("loops"), String(told.loops.length));
    put($("connections"), String(sum("connections")));
    put($("active"), String(sum("requests_active")));
    put($("requests"), String(sum("requests")));
    const bytes = told.process.resident_bytes;
    put($("memory"), bytes === undefined ? "-" : (bytes / 1048576).toFixed(1) + " MiB");
    put($("resting-keys"), told.keys.filter((one) => one.rests_for !== undefined)
      .map((one) => "Key " + short(one.key) + " of " + short(one.provider) + " rests " + span(one.rests_for)).join("; "));
  }

  function targetRow(name) {
    const row = make("tr", null);
    for (let at = 0; at < 10; at += 1) make("td", row, undefined, at === 1 ? "name" : at > 3 ? "number" : "");
    row.children[1].title = name;
    draw("svg", row.children[3], { role: "img", preserveAspectRatio: "none", viewBox: "0 0 1000 14" });
    targetRows.set(name, row);
    return row;
  }
  function showTargets(told, begin) {
    const shown = targetsOf(told).slice(0, ROWS_MAX), body = $("targets").tBodies[0];
    shown.forEach(({ name, place, lane }, at) => {
      const row = targetRows.get(name) || targetRow(name), cells = row.children;
      if (body.children[at] !== row) body.insertBefore(row, body.children[at] || null);
      const own = [...calls.values()].filter((call) => call.target === name);
      const good = own.filter((call) => !call.error).map((call) => call.duration_ms);
      const token = own.map((call) => call.first_chunk_ms).filter((value) => value !== undefined);
      cells[1].className = "name " + colourOf(name);
      const words = [place, name, wordOf(lane), null, own.length, own.length - good.length, time(rank(good, .5)),
        time(rank(good, .95)), time(rank(token, .5)), time(rank(token, .95))];
      words.forEach((word, cell) => word !== null && put(cells[cell], String(word)));
      showLine(cells[3].firstChild, lines.get(name) || [], begin, told.now);
      cells[3].firstChild.setAttribute("aria-label", "States of " + name + ", now " + wordOf(lane));
    });
    const names = new Set(shown.map((target) => target.name));
    for (const [name, row] of targetRows)
      if (!names.has(name)) {
        row.remove();
        targetRows.delete(name);
      }
  }
  function showLine(svg, parts, begin, now) {
    const at = (when) => 1000 * Math.max(0, (when - begin) / (now - begin));
    svg.replaceChildren();
    for (const { from, to, state } of parts)
      if (state)
        draw("rect", svg, { class: state, x: at(from), y: 1, height: 12, width: Math.max(3, at(to) - at(from)) });
  }

  // A logarithmic scale of whole decades; a dot is a stroke without length, so that a target is one element.
  function showChart(id, member, title, begin, now) {
    const svg = $(id), width = svg.clientWidth, height = svg.clientHeight, left = 52, bottom = 18;
    const all = [...calls.values()].filter((call) => call[member] !== undefined);
    const values = all.map((call) => Math.max(call[member], .1));
    const low = Math.floor(Math.log10(Math.min(100, ...values)));
    const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1000, ...values))));
    const x = (when) => left + 4 + (width - left - 12) * (when - begin) / (now - begin);
    const y = (value) => 8 + (height - bottom - 16) * (high - Math.log10(Math.max(value, .1))) / (high - low);
    svg.setAttribute("viewBox", "0 0 " + width + " " + height);
    svg.replaceChildren();
    for (let decade = low; decade <= high; decade += 1) {
      draw("path", svg, { class: "grid", d: "M" + left + " " + y(10 ** decade) + "H" + width });
      draw("text", svg, { x: left - 6, y: y(10 ** decade) + 4, "text-anchor": "end" }).textContent =
        decade >= 3 ? 10 ** (decade - 3) + " s" : Number((10 ** decade).toFixed(1)) + " ms";
    }
    draw("text", svg, { x: left, y: height - 3 }).textContent = clock(begin);
    draw("text", svg, { x: width - 4, y: height - 3, "text-anchor": "end" }).textContent = clock(now);
    const dots = new Map();
    let crosses = "";
    for (const call of all) {
      const at = x(call.ended).toFixed(1) + " " + y(call[member]).toFixed(1);
      if (call.error) crosses += "M" + at + "m-4-4l8 8m0-8l-8 8";
      else dots.set(call.target, (dots.get(call.target) || "") + "M" + at + "h0");
    }
    for (const [target, d] of dots) draw("path", svg, { class: "dots " + colourOf(target), d });
    if (crosses) draw("path", svg, { class: "crosses", d: crosses });
    const good = all.filter((call) => !call.error).map((call) => call[member]);
    const failed = all.length - good.length;
    const numbers = "p50 " + time(rank(good, .5)) + ", p95 " + time(rank(good, .95)) + ", " + all.length + " calls, " +
      failed + " failed (\u00d7)";
    put($(id + "-numbers"), numbers);
    svg.setAttribute("aria-label", title + ": " + numbers);
  }

  // One after the other, a hedge beside the attempt before it: their begins are not told.
  function showTrail(cell, call) {
    const trail = make("div", cell, undefined, "trail"), bars = [];
    let before = 0, end = 0;
    for (const attempt of call.attempts) {
      const from = attempt.reason === "hedge" ? before : end;
      before = from + attempt.wait_ms;
      bars.push({ from, run: before, to: before + attempt.total_ms });
      end = Math.max(end, before + attempt.total_ms);
    }
    const whole = Math.max(end, .001);
    call.attempts.forEach((attempt, at) => {
      const bar = bars[at];
      make("span", trail, at + 1 + " " + attempt.reason);
      make("span", trail, targetOf(attempt.provider, attempt.model));
      const svg = draw("svg", trail, { viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" });
      const x = (ms) => 1000 * ms / whole;
      draw("rect", svg, { class: "wait", x: x(bar.from), y: 4, height: 2, width: x(bar.run - bar.from) });
      draw("rect", svg, { class: attempt.error ? "run bad" : "run", x: x(bar.run), y: 0, height: 10,
        width: Math.max(4, x(bar.to - bar.run)) });
      make("span", trail, (attempt.wait_ms >= 1 ? "waited " + time(attempt.wait_ms) + ", " : "") + time(attempt.total_ms) +
        (attempt.first_token_ms === undefined ? "" : ", first token " + time(attempt.first_token_ms)) +
        (attempt.status === undefined ? "" : ", HTTP " + attempt.status) + ", " + (attempt.error || "served"),
      attempt.error ? "failed" : "");
    });
    make("p", trail, call.operation + " " + short(call.id) +
      (call.served_model ? ", answered by " + short(call.served_model) : "") +
      (call.finish_reason ? ", ended with " + short(call.finish_reason) : ""));
  }
  function callRow(call) {
    const body = make("tbody", null), row = make("tr", body);
    const tokens = call.input_tokens === undefined && call.output_tokens === undefined ? "-"
      : (call.input_tokens ?? "?") + " + " + (call.output_tokens ?? "?");
    make("td", row, clock(call.ended));
    make("td", row, short(call.model || "-"), "name").title = short(call.model || "");
    make("td", row, servedBy(call), "name " + colourOf(servedBy(call))).title = servedBy(call);
    make("td", row, call.error || "ok", call.error ? "failed" : "");
    make("td", row, time(call.duration_ms), "number");
    make("td", row, time(call.first_chunk_ms), "number");
    make("td", row, tokens, "number");
    make("td", row, call.cost === undefined ? "-" : "$" + Number(call.cost.toPrecision(3)), "number");
    const button = make("button", make("td", row), String(call.attempts.length));
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", call.attempts.length + " attempts of the call at " + clock(call.ended));
    button.addEventListener("click", () => {
      const open = body.rows.length === 1;
      if (open) {
        const cell = make("td", make("tr", body));
        cell.colSpan = 9;
        showTrail(cell, call);
      } else body.rows[1].remove();
      button.setAttribute("aria-expanded", String(open));
    });
    return body;
  }
  function showCalls(told) {
    const table = $("calls"), ids = new Set(told.calls.map((call) => call.id));
    for (const [id, body] of rows)
      if (!ids.has(id)) {
        body.remove();
        rows.delete(id);
      }
    told.calls.forEach((call, at) => {
      if (!rows.has(call.id)) rows.set(call.id, callRow(call));
      const body = rows.get(call.id);
      if (table.tBodies[at] !== body) table.insertBefore(body, table.tBodies[at] || null);
    });
    put($("calls-count"), told.calls.length === 0 ? "none yet" : String(told.calls.length));
  }

  function show() {
    if (!status) return;
    const begin = beginOf(status.now);
    put($("window"), "last " + span(status.now - begin));
    showHead(status);
    showTargets(status, begin);
    showChart("duration", "duration_ms", "Duration of calls", begin, status.now);
    showChart("first", "first_chunk_ms", "Time to first token", begin, status.now);
    showCalls(status);
  }

  async function ask() {
    const headers = key ? { Authorization: "Bearer " + key } : {};
    const answer = await fetch("status", { headers, cache: "no-store", credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE_MS) });
    $("ask").hidden = answer.status !== 401;
    if (answer.status === 401) {
      put($("notice"), key ? "This key is not known here." : "");
      key = "";
      return false;
    }
    const body = await answer.json();
    if (!answer.ok) throw new Error("HTTP " + answer.status + ": " + short(String(body.error?.message ?? "")));
    status = body;
    if (!first) first = status.now;
    keep(status);
    show();
    put($("notice"), "");
    return true;
  }
  async function poll() {
    clearTimeout(timer);
    if (busy || document.hidden) return;
    busy = true;
    let go = true;
    try {
      go = await ask();
    } catch (error) {
      put($("notice"), "No status from this server: " + error.message + (status ? " (last at " + clock(status.now) + ")" : ""));
    }
    busy = false;
    if (go) timer = setTimeout(poll, POLL_MS);
  }

  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    key = $("key").value.trim();
    $("key").value = "";
    poll();
  });
  document.addEventListener("visibilitychange", poll);
  window.addEventListener("resize", show);
  poll();
})();
