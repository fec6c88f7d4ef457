// Search, filters and keys of the catalogue. The page is whole without it.
'use strict';
(() => {
  const root = document.documentElement;
  root.classList.add('js');
  const q = document.getElementById('q');
  const told = document.getElementById('n');
  const none = document.querySelector('.none');
  const sections = [...document.querySelectorAll('main>section')];
  const bare = (text) => text.toLowerCase().replace(/[\s，。？！、,.?!「」]/g, '');
  const items = sections.flatMap((section) =>
    [...section.querySelectorAll(':scope>details')].map((card) => ({
      card,
      section,
      status: card.dataset.status,
      head: bare(card.id + card.querySelector('.title').textContent),
      // what is said for it counts, the sample conversations do not
      text: bare([...card.querySelectorAll('.phrases')].map((p) => p.textContent).join(' ')),
    })),
  );
  const statuses = [...document.querySelectorAll('button.chip')];
  const groups = [...document.querySelectorAll('a.chip')];
  let at = null;

  const pressed = (chips, name) =>
    chips.filter((c) => c.getAttribute('aria-pressed') === 'true').map((c) => c.dataset[name]);

  function point(card) {
    at?.classList.remove('at');
    at = card;
    at?.classList.add('at');
  }

  function show() {
    const wanted = bare(q.value);
    const status = pressed(statuses, 'status');
    const group = pressed(groups, 'group');
    let n = 0;
    for (const item of items) {
      const fits =
        (!wanted || item.head.includes(wanted) || item.text.includes(wanted)) &&
        (!status.length || status.includes(item.status)) &&
        (!group.length || group.includes(item.section.dataset.group));
      item.card.hidden = !fits;
      n += fits ? 1 : 0;
    }
    for (const section of sections) {
      const left = section.querySelectorAll(':scope>details:not([hidden])').length;
      section.hidden = left === 0;
      section.querySelector('h2 b').textContent = left;
    }
    told.textContent = n;
    none.hidden = n > 0;
    if (at?.hidden) point(null);
  }

  function toggle(chip) {
    chip.setAttribute('aria-pressed', String(chip.getAttribute('aria-pressed') !== 'true'));
    show();
  }

  function open(id) {
    const card = id && document.getElementById(id);
    if (!card || card.tagName !== 'DETAILS') return;
    if (card.hidden) clear();
    card.open = true;
    point(card);
    card.scrollIntoView({ block: 'start' });
  }

  function clear() {
    q.value = '';
    for (const chip of [...statuses, ...groups]) chip.setAttribute('aria-pressed', 'false');
    show();
  }

  function step(by) {
    const shown = items.filter((i) => !i.card.hidden).map((i) => i.card);
    if (!shown.length) return;
    const now = shown.indexOf(at);
    const next = now < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(now + by, 0), shown.length - 1);
    point(shown[next]);
    const head = at.querySelector('summary');
    head.focus({ preventScroll: true });
    head.scrollIntoView({ block: 'center' });
  }

  q.addEventListener('input', show);
  for (const chip of statuses) chip.addEventListener('click', () => toggle(chip));
  for (const chip of groups) {
    chip.setAttribute('role', 'button');
    chip.setAttribute('aria-pressed', 'false');
    chip.addEventListener('click', (e) => {
      e.preventDefault();
      toggle(chip);
    });
  }
  for (const { card } of items) {
    card.querySelector('summary').addEventListener('click', () => {
      point(card);
      // closing is about to become opening: the address then names it
      if (!card.open) history.replaceState(null, '', '#' + card.id);
    });
  }
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === '/' && document.activeElement !== q) {
      e.preventDefault();
      q.focus();
      q.select();
    } else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      step(e.key === 'ArrowDown' ? 1 : -1);
    } else if (e.key === 'Enter' && document.activeElement === q) {
      if (!at) step(1);
      if (at) {
        at.open = true;
        history.replaceState(null, '', '#' + at.id);
      }
    } else if (e.key === 'Escape') {
      clear();
      q.focus();
    }
  });
  let closed = [];
  window.addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details:not([open])')];
    for (const d of closed) d.open = true;
  });
  window.addEventListener('afterprint', () => {
    for (const d of closed) d.open = false;
  });
  window.addEventListener('hashchange', () => open(location.hash.slice(1)));
  open(location.hash.slice(1));
})();
