import { tellingWords } from '../../domain/telling-words.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { listToWire, readList, toPageRequest } from './listing.js';
import { spellId } from './ids.js';
import { deletedReply, listOf } from './replies.js';
import { readMetadata } from './requests.js';
import { searchReply, storeReply } from './store-replies.js';
import { readFileIds } from './store-requests.js';
import { createStoreBody, searchBody, storeListQuery, storePath, updateStoreBody } from './store-schemas.js';
import { searchToWire, storeToWire } from './wire-stores.js';

const tag = 'vector stores';
const access = 'user';

const createStore = defineRoute({
  method: 'post',
  path: '/v1/vector_stores',
  summary: 'Create a vector store, with its first files where some are given',
  tag,
  access,
  body: createStoreBody,
  response: storeReply,
  handle: async (call) => {
    const { name, description, file_ids, expires_after, chunking_strategy, metadata } = call.body;
    const library = await call.services.libraries.create(callerOf(call), {
      kind: 'vector_store',
      name: name ?? '',
      description: description ?? null,
      metadata: metadata ?? {},
      expiresAfterDays: expires_after?.days ?? null,
      files: readFileIds(file_ids, chunking_strategy),
    });
    return { json: storeToWire(library, call.clock.now()) };
  },
});

const listStores = defineRoute({
  method: 'get',
  path: '/v1/vector_stores',
  summary: 'List vector stores, sources of the native face among them',
  tag,
  access,
  query: storeListQuery,
  response: listOf(storeReply),
  handle: async (call) => {
    const page = await readList(call.services.libraries.page(callerOf(call), toPageRequest(call.query)));
    const now = call.clock.now();
    return {
      json: listToWire(
        page.items.map((library) => storeToWire(library, now)),
        page.hasMore,
      ),
    };
  },
});

const getStore = defineRoute({
  method: 'get',
  path: '/v1/vector_stores/{vector_store_id}',
  summary: 'Read a vector store',
  tag,
  access,
  params: storePath,
  response: storeReply,
  handle: async (call) => {
    const library = await call.services.libraries.get(callerOf(call), call.params.vector_store_id);
    return { json: storeToWire(library, call.clock.now()) };
  },
});

const updateStore = defineRoute({
  method: 'post',
  path: '/v1/vector_stores/{vector_store_id}',
  summary: 'Change a vector store; what is left out stays',
  tag,
  access,
  params: storePath,
  body: updateStoreBody,
  response: storeReply,
  handle: async (call) => {
    const { name, expires_after, metadata } = call.body;
    const pairs = readMetadata(metadata);
    const library = await call.services.libraries.update(callerOf(call), call.params.vector_store_id, {
      ...(name === undefined ? {} : { name: name ?? '' }),
      ...(expires_after === undefined ? {} : { expiresAfterDays: expires_after?.days ?? null }),
      ...(pairs === undefined ? {} : { metadata: pairs }),
    });
    return { json: storeToWire(library, call.clock.now()) };
  },
});

const deleteStore = defineRoute({
  method: 'delete',
  path: '/v1/vector_stores/{vector_store_id}',
  summary: 'Delete a vector store; its files stay',
  tag,
  access,
  params: storePath,
  response: deletedReply,
  handle: async (call) => {
    const { vector_store_id: id } = call.params;
    await call.services.libraries.delete(callerOf(call), id);
    return { json: { id: spellId('library', id), object: 'vector_store.deleted', deleted: true } };
  },
});

const searchStore = defineRoute({
  method: 'post',
  path: '/v1/vector_stores/{vector_store_id}/search',
  summary: 'Search a vector store',
  tag,
  access,
  params: storePath,
  body: searchBody,
  response: searchReply,
  handle: async (call) => {
    const { query, rewrite_query, max_num_results, filters, ranking_options } = call.body;
    const queries = [query].flat().map((each) => (rewrite_query === true ? tellingWords(each) : each));
    const { hits, hasMore } = await call.services.libraries.search(callerOf(call), [call.params.vector_store_id], {
      query: queries.join('\n'),
      ranking: ranking_options?.ranker === 'none' ? 'one' : 'together',
      filter: filters ?? null,
      scoreMin: ranking_options?.score_threshold ?? 0,
      limit: max_num_results ?? undefined,
    });
    return { json: searchToWire(queries, hits, hasMore) };
  },
});

/** The routes of vector stores themselves. */
export const vectorStoreRoutes: readonly Route[] = [
  createStore,
  listStores,
  getStore,
  updateStore,
  deleteStore,
  searchStore,
];
