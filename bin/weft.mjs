#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch } from './launch.mjs';

// The published package holds JavaScript only; a checkout runs its source without a build.
const built = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const source = fileURLToPath(new URL('../src/main.ts', import.meta.url));
launch([existsSync(built) ? built : source, ...process.argv.slice(2)]);
