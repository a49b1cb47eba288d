// placeholder until the first real file; delete me
