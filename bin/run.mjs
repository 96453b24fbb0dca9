import { launch } from './launch.mjs';

// `node bin/run.mjs ARGUMENTS...` is `node ARGUMENTS...` on a Node that runs TypeScript.
launch(process.argv.slice(2));
