import { chmodSync, copyFileSync } from 'node:fs';

// What the compiler leaves undone.
chmodSync('dist/cli/main.js', 0o755);
const words = 'store/sql/search/meaning/word-vectors.bin';
copyFileSync(`src/${words}`, `dist/${words}`);
