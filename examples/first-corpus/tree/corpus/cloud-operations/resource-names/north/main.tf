terraform {
  required_version = ">= 1.3"
}

variable "organisation" {
  description = "Short name of the organisation, the first part of every name."
  type        = string
}

variable "environment" {
  description = "Where the resource runs."
  type        = string

  validation {
    condition     = contains(["dev", "stage", "prod"], var.environment)
    error_message = "The environment must be dev, stage or prod."
  }
}

variable "service" {
  description = "The service that the resource belongs to."
  type        = string
}

locals {
  name = join("-", [var.organisation, var.environment, var.service])
}

output "name" {
  description = "Name for the resource: ORGANISATION-ENVIRONMENT-SERVICE."
  value       = local.name

  precondition {
    condition     = length(local.name) <= 63 && can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", local.name))
    error_message = "The name ${local.name} must have at most 63 characters of a-z, 0-9 and single hyphens."
  }
}

output "labels" {
  description = "Labels for the resource."
  value = {
    organisation = var.organisation
    environment  = var.environment
    service      = var.service
  }
}
