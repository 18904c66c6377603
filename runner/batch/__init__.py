"""Any saved workflow as a batch: values and files in, prompts through the engine, every output into a folder."""
