// The console's keys; most are for the queue and the pages of things to decide. They never fire while somebody types,
// and none of them decides: that takes Ctrl+Enter, which presses the button.
"use strict";

const GO = { h: "/admin/", w: "/admin/work/", p: "/admin/accounts/user/" };
const RENEW_EVERY = 2 * 60 * 1000;

let form, keys, rows;
let isGoing = false;

const isTyping = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
const press = (name) => (form ?? rows[position()]?.closest("li"))?.querySelector(`button[name=do][value=${name}]`)?.click();
const follow = (selector) => document.querySelector(selector)?.click();
const position = () => rows.indexOf(document.activeElement);

function move(step) {
    if (!rows.length) return follow(step > 0 ? "[data-work-after]" : "[data-work-before]");
    rows[Math.min(Math.max(position() + step, 0), rows.length - 1)].focus();
}

function choose(key) {
    const choice = form?.querySelector(`[data-key="${key}"]`);
    if (choice) choice.click();
    return choice;
}

function usePreset(button) {
    const note = form.querySelector("textarea");
    note.value = button.dataset.preset;
    note.dispatchEvent(new Event("input", { bubbles: true }));
}

function takeNote(key) {
    const button = form?.querySelectorAll("[data-preset]")[key - 1];
    if (button) usePreset(button);
    return button;
}

const ACTS = {
    j: () => move(1),
    k: () => move(-1),
    c: () => (form?.querySelector("[value=take_over]") ? press("take_over") : press("claim")),
    s: () => press("skip"),
    n: () => form?.querySelector("textarea")?.focus(),
    g: () => { isGoing = true; },
    "/": () => document.querySelector("#searchbar, [type=search]")?.focus(),
    "?": () => keys?.showModal(),
};

document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey && form) {
        event.preventDefault();
        press("decide");
        return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || keys?.open) return;
    if (isGoing) {
        isGoing = false;
        if (GO[event.key]) window.location.assign(GO[event.key]);
        return;
    }
    const act = ACTS[event.key];
    if (act) act();
    else if (!choose(event.key) && !(event.key >= "1" && event.key <= "9" && takeNote(Number(event.key)))) return;
    event.preventDefault();
});

// A viewer of PDFs takes the focus as soon as it is loaded, and with it the keys, unless somebody points at it.
function keepFocusFrom(frame) {
    let isPointedAt = false;
    frame.addEventListener("pointerenter", () => { isPointedAt = true; });
    frame.addEventListener("pointerleave", () => { isPointedAt = false; });
    window.addEventListener("blur", () => setTimeout(() => {
        if (document.activeElement !== frame || isPointedAt) return;
        frame.blur();
        window.focus();
    }));
}

// A claim lasts for a quarter of an hour from the last sign of life.
function renewWhileWorking() {
    let last = Date.now();
    const renew = () => {
        if (Date.now() - last < RENEW_EVERY) return;
        last = Date.now();
        const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
        fetch("", { method: "POST", body: new URLSearchParams({ do: "renew", csrfmiddlewaretoken: token }) });
    };
    for (const kind of ["keydown", "pointermove", "scroll"]) document.addEventListener(kind, renew, { passive: true });
}

document.addEventListener("DOMContentLoaded", () => {
    form = document.getElementById("work-form");
    keys = document.getElementById("work-keys");
    rows = [...document.querySelectorAll("[data-work-row]")];
    form?.addEventListener("click", (event) => {
        const button = event.target.closest("[data-preset]");
        if (button) usePreset(button);
    });
    if (form && "workRenew" in form.dataset) renewWhileWorking();
    for (const frame of document.querySelectorAll(".work-evidence iframe")) keepFocusFrom(frame);
});
