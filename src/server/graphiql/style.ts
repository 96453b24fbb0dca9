/** The panel's style, light and dark as GraphiQL is set. It loads nothing. */
export const panelStyle = `
.weft-panel {
  --weft-height: min(46vh, 460px);
  --weft-text: light-dark(#1f2430, #e6e8ee);
  --weft-faint: light-dark(#5a6072, #a3a9ba);
  --weft-back: light-dark(#ffffff, #1b2030);
  --weft-line: light-dark(#d5d9e3, #3a4156);
  --weft-hover: light-dark(#eef1f8, #2a3147);
  --weft-upstream: light-dark(#3b6fd4, #6f9bf0);
  --weft-shared: light-dark(#8a4fc7, #b98af0);
  --weft-cache: light-dark(#1f8a5b, #4fc48f);
  --weft-revalidated: light-dark(#0f8296, #4bbdd0);
  --weft-failed: light-dark(#cc2f3c, #ff7a80);
  --weft-gateway: light-dark(#8a90a2, #8e95aa);
  color-scheme: light dark;
  color: var(--weft-text);
  font: 13px/1.45 system-ui, sans-serif;
}
body.graphiql-dark .weft-panel { color-scheme: dark; }
body.graphiql-light .weft-panel { color-scheme: light; }
body.weft-panel-open .graphiql-container { height: calc(100vh - min(46vh, 460px)); }
.weft-panel button { font: inherit; color: inherit; cursor: pointer; }
.weft-panel button:focus-visible { outline: 2px solid var(--weft-upstream); outline-offset: -2px; }
.weft-panel [hidden] { display: none; }
.weft-button {
  position: fixed; right: 16px; bottom: 12px; z-index: 21; padding: 4px 12px;
  background: var(--weft-back); border: 1px solid var(--weft-line); border-radius: 6px;
}
.weft-button[aria-expanded='true'] { bottom: calc(var(--weft-height) - 38px); }
.weft-button::after { content: ' ▴' / ''; }
.weft-button[aria-expanded='true']::after { content: ' ▾' / ''; }
.weft-button:hover { background: var(--weft-hover); }
.weft-drawer {
  position: fixed; left: 0; right: 0; bottom: 0; z-index: 20; height: var(--weft-height); box-sizing: border-box;
  background: var(--weft-back); border-top: 1px solid var(--weft-line);
}
.weft-content { display: flex; flex-direction: column; height: 100%; box-sizing: border-box; padding: 10px 16px; }
.weft-summary { margin: 0 110px 10px 0; font-weight: 600; }
.weft-note { margin: 4px 110px 4px 0; color: var(--weft-faint); }
.weft-columns { display: flex; gap: 16px; flex: 1; min-height: 0; }
.weft-columns > * { flex: 1; min-width: 0; overflow: auto; }
.weft-columns > .weft-waterfall { flex: 1.6; }
.weft-calls { list-style: none; margin: 0; padding: 0; }
.weft-row, .weft-axis {
  display: grid; grid-template-columns: minmax(120px, 15rem) 1fr 5.5rem; gap: 10px; align-items: center;
  width: 100%; padding: 2px 4px; box-sizing: border-box; text-align: left; background: none; border: 0; border-radius: 4px;
}
.weft-row:hover, .weft-panel .weft-linked { background: var(--weft-hover); }
.weft-axis { color: var(--weft-faint); font-size: 11px; border-bottom: 1px solid var(--weft-line); border-radius: 0; }
.weft-label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.weft-track { position: relative; display: block; height: 14px; }
.weft-tick { position: absolute; border-left: 1px solid var(--weft-line); padding-left: 3px; line-height: 14px; }
.weft-bar { position: absolute; top: 2px; height: 10px; min-width: 2px; border-radius: 2px; overflow: hidden; background: var(--weft-gateway); }
.weft-wait { position: absolute; top: 0; bottom: 0; background: var(--weft-back); opacity: 0.6; }
.weft-upstream { background: var(--weft-upstream); }
.weft-shared { background: var(--weft-shared); }
.weft-cache { background: var(--weft-cache); }
.weft-revalidated { background: var(--weft-revalidated); }
.weft-failed { background: var(--weft-failed); }
.weft-phase { box-sizing: border-box; border-right: 1px solid var(--weft-back); }
.weft-authentication { background: var(--weft-faint); top: 5px; height: 4px; }
.weft-time { text-align: right; font-variant-numeric: tabular-nums; }
.weft-legend { margin: 8px 4px 0; color: var(--weft-faint); font-size: 11px; }
.weft-swatch { display: inline-block; width: 9px; height: 9px; margin: 0 4px 0 8px; border-radius: 2px; }
.weft-plan-text { margin: 0; font: 12px/1.5 ui-monospace, 'Fira Code', monospace; }
.weft-fetch { padding: 0 2px; background: none; border: 0; border-radius: 3px; text-decoration: underline dotted; }
.weft-tooltip {
  position: fixed; z-index: 22; padding: 8px 12px; pointer-events: none; background: var(--weft-back);
  border: 1px solid var(--weft-line); border-radius: 6px; box-shadow: 0 4px 16px rgb(0 0 0 / 25%);
}
.weft-figures { display: grid; grid-template-columns: repeat(2, auto auto); gap: 1px 14px; margin: 0; }
.weft-figures dt { color: var(--weft-faint); }
.weft-figures dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
`;
