import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { openApiDocuments } from '../dist/http/openapi.js';

// What the compiler leaves undone.
chmodSync('dist/cli/main.js', 0o755);
const words = 'store/sql/search/meaning/word-vectors.bin';
copyFileSync(`src/${words}`, `dist/${words}`);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
mkdirSync('dist/http/documents', { recursive: true });
for (const [name, document] of Object.entries(openApiDocuments(version))) {
  writeFileSync(`dist/http/documents/${name}`, JSON.stringify(document));
}
