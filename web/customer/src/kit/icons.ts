/** Line icons on a 24-grid, drawn by ourselves: no icon font, nothing loaded from anywhere. */
export const ICONS = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warn: 'M12 8v5M12 16.2v.3M12 3.5l9 16H3z',
  info: 'M12 11v5.5M12 7.5v.3M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z',
  clock: 'M12 7.5V12l3 2M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z',
  lock: 'M7 10.5V8a5 5 0 0110 0v2.5M5.5 10.5h13v9h-13zM12 14v2.5',
  close: 'M6 6l12 12M18 6L6 18',
  next: 'M9.5 6l6 6-6 6',
  down: 'M6 9.5l6 6 6-6',
  chat: 'M4 5.5h16v11h-8.5L7 20v-3.5H4z',
  person: 'M12 11.5a3.75 3.75 0 100-7.5 3.75 3.75 0 000 7.5zM4.5 20c.6-4 3.6-5.5 7.5-5.5s6.9 1.5 7.5 5.5',
  search: 'M10.5 4a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM15.5 15.5L20 20',
  erase: 'M9 5.5h11v13H9L3.5 12zM12 9.5l5 5M17 9.5l-5 5',
  camera: 'M4 7.5h3.5L9 5h6l1.5 2.5H20V19H4zM12 9.75a3.25 3.25 0 100 6.5 3.25 3.25 0 000-6.5z',
  card: 'M3.5 6h17v12h-17zM3.5 10h17M6.5 14.5h4',
  book: 'M5 4.5h11.5a2 2 0 012 2v13H7a2 2 0 01-2-2zM8.5 9h6.5M8.5 12.5h4',
  coin: 'M12 4a8 8 0 100 16 8 8 0 000-16zM9 8l3 3.5L15 8M9 12h6M9 14.5h6M12 11.5V17',
  in: 'M12 5v13M6.5 12.5L12 18l5.5-5.5',
  out: 'M12 19V6M6.5 11.5L12 6l5.5 5.5',
  copy: 'M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4',
  empty: 'M5 4.5h14v15l-3.5-2-3.5 2-3.5-2-3.5 2zM8.5 9h7M8.5 12.5h4.5',
  cut: 'M4 4l16 16M8.5 15.5a5 5 0 017 0M5.5 12.5a9 9 0 014-2.3M14.5 10.2a9 9 0 014 2.3M2.5 9.5A13 13 0 017 6.7M12 5.5c3.6 0 7 1.5 9.5 4M12 19v.2',
  type: 'M3.5 18L8 6l4.5 12M5 14h6M14.5 18l3-8 3 8M15.5 15.5h4',
} as const

export type IconName = keyof typeof ICONS
