import express from 'express';

/* The least that Express can be: one route, nothing else. Its argument is the port. */

const app = express();
app.get('/health', (_request, response) => response.json({ status: 'ok' }));
app.listen(Number(process.argv[2]), '127.0.0.1');
