import express, { type RequestHandler, type Router } from 'express';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { documentNames, documentText } from './documents.js';

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Threadkeeper API</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
  </head>
  <body>
    <div id="documents"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#documents', deepLinking: true });\n`;

/** The viewer writes styles into its elements and draws with data URLs; everything else comes from this server. */
const contentPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** Serves the generated documents and a page to read them with, nothing of it from another host. */
export function docsRouter(version: string): Router {
  const router = express.Router({ caseSensitive: true });
  for (const name of documentNames) {
    router.get(`/${name}`, async (_request, response) => {
      response.type('json').send(await documentText(name, version));
    });
  }
  router.get(['/docs', '/redoc'], send('html', page));
  router.get('/docs/start.js', send('js', startScript));
  const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    router.get(`/docs/assets/${name}`, (_request, response) => {
      response.sendFile(name, { root: assets, maxAge: '1h' });
    });
  }
  // Where the page would return from a sign-in elsewhere; there is none, but readers of the originals' documents look.
  router.get('/docs/oauth2-redirect', (_request, response) => {
    response.sendFile('oauth2-redirect.html', { root: assets });
  });
  return router;
}

function send(type: string, text: string): RequestHandler {
  return (_request, response) => {
    response.setHeader('content-security-policy', contentPolicy);
    response.type(type).send(text);
  };
}
