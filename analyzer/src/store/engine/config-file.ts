/** Settings of the engine process that are read once, when it starts. */
export interface EngineLimits {
  /** Bytes. */
  readonly memory: number;
  readonly fsync: boolean;
}

/**
 * ClickHouse's configuration file. Its defaults are made for a machine of its own (95 % of the memory, caches of
 * gigabytes, 16 merge threads); here the engine shares the machine with a capture.
 */
export function engineConfigFile({ memory, fsync }: EngineLimits): string {
  const cache = Math.round(memory / 16);
  return `<clickhouse>
  <logger><level>none</level></logger>
  <max_server_memory_usage>${memory}</max_server_memory_usage>
  <mark_cache_size>${cache}</mark_cache_size>
  <primary_index_cache_size>${cache}</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <mmap_cache_size>0</mmap_cache_size>
  <compiled_expression_cache_size>${Math.round(cache / 4)}</compiled_expression_cache_size>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <merge_tree>
    <old_parts_lifetime>30</old_parts_lifetime>
    <fsync_after_insert>${Number(fsync)}</fsync_after_insert>
    <fsync_part_directory>${Number(fsync)}</fsync_part_directory>
  </merge_tree>
</clickhouse>
`;
}
