import { writeFileSync } from 'node:fs';
import { printDashboard, type Dashboard } from './dashboard.ts';
import { debug } from './debug.ts';
import { executive } from './executive.ts';
import { onCall } from './on-call.ts';

/** The dashboards by their files' names. A test holds the files against them: `node ops/grafana/build.ts` writes them. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'executive.json': executive,
  'on-call.json': onCall,
  'debug.json': debug,
};

if (import.meta.main)
  for (const [name, dashboard] of Object.entries(dashboards))
    writeFileSync(new URL(name, import.meta.url), printDashboard(dashboard));
