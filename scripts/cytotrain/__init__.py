"""Training code of Cytodrop: tasks, networks, preparation, augmentation, metrics and export."""
